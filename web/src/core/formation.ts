// A run of heads over the steps of a training, from the arrays that otoscope.viewer.formation made.
import { floats, type ArrayBlock } from "./arrayFormat";
import { CATEGORIES, SHAPES } from "./schema";

export interface StepHead {
  name: string;
  layer: number;
  head: number;
  category: string;
  shape: string;
}

export interface ShapeCount {
  step: number;
  shape: string;
  heads: number;
}

export class FormationRun {
  readonly steps: number[];
  readonly statistics: string[];
  readonly layers: number;
  readonly across: number;

  constructor(private readonly block: ArrayBlock) {
    this.steps = [...block.arrays.step.values];
    [, this.layers, this.across] = block.arrays.category.shape;
    this.statistics = Object.keys(block.arrays).filter((name) => !["step", "category", "shape"].includes(name));
  }

  /** The heads at a step, by layer; without places that have no head. */
  heads(step: number): StepHead[] {
    const all = Array.from({ length: this.layers * this.across }, (_, place) => this.headAt(step, place));
    return all.filter(({ category }) => category);
  }

  /** The values of a statistic of each head over the steps, with its category at the last step. */
  lines(statistic: string): (StepHead & { step: number; value: number })[] {
    const values = floats(this.block, statistic);
    return this.heads(this.steps.length - 1).flatMap((head) =>
      this.steps.map((step, number) => ({
        ...head,
        step,
        value: values[(number * this.layers + head.layer) * this.across + head.head],
      })),
    );
  }

  /** Numbers of heads of each shape that occurs at some step. */
  shapeCounts(): ShapeCount[] {
    const byStep = this.steps.map((_, number) => this.heads(number));
    const present = SHAPES.filter((shape) => byStep.some((heads) => heads.some((head) => head.shape === shape)));
    return byStep.flatMap((heads, number) =>
      present.map((shape) => ({
        step: this.steps[number],
        shape,
        heads: heads.filter((head) => head.shape === shape).length,
      })),
    );
  }

  private headAt(step: number, place: number): StepHead {
    const index = step * this.layers * this.across + place;
    const [layer, head] = [Math.floor(place / this.across), place % this.across];
    const name = (array: string, names: string[]) => names[this.block.arrays[array].values[index]] ?? "";
    return {
      name: `${layer}.${head}`,
      layer,
      head,
      category: name("category", CATEGORIES),
      shape: name("shape", SHAPES),
    };
  }
}
