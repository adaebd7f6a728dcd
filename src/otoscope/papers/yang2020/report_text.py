"""What the report says between its figures."""

from otoscope.papers.yang2020.heads import SHARP

TITLE = "The published experiments on M3, M6 and M9, made again"
ABOUT = """\
Yang, Liu and Lee (Understanding Self-Attention of Self-Supervised Audio Transformers, Interspeech 2020) trained
Mockingjay models that hide runs of 3, 6 and 9 frames, M3, M6 and M9, and asked what their heads do: 12 layers of 12
heads, 768 wide, trained on LibriSpeech train-clean-360. Here models of the size and on the speech in the tables below
were trained to do the same, and asked the same."""
HELD_OUT = """\
Held-out masked L1 is in standard deviations of each log-mel band of an utterance, over the corpora of speakers
together."""
EARLY = """\
Models that begin with the same masking, and differ in nothing else, are one model until it changes."""
ANSWERS = """\
A claim is answered by differences that are above zero where it is right. It holds where the whole 95 % interval of each
is above zero, does not hold where that of any is below, and cannot be told otherwise. What is claimed of the heads of
M3 is asked of every training of it, M3 and its further seeds (M3-1, ...): where one is above and another below, it
cannot be told of such models. Where models are compared, intervals are wider on both sides by what two independent
trainings differ by chance, from the seeds of M3. A claim of some head, span or half of the heads holds where one is
above, and does not where every one is below: shown is the surest, chosen on the speech that it is reported on, which
flatters it."""
HEADS = f"""\
A head is global, vertical or diagonal by the list in which it stands highest among the heads of its model: shares say
how the heads of one model differ. The shift of a sharp diagonal head, one with {100 * SHARP:.0f} % of its attention at
one offset, is that offset."""
BOUNDARIES = """\
Alpha, beta, head, layer and ensemble are chosen on some {parted_by}s and reported on others. Published values are of
TIMIT's test part, with a head picked by eye."""
PRUNING = """\
Heads and spans are removed from one training of each model, so that nothing here is known of other seeds. Probes are
trained on the intact model and cross-validated. Scores are accuracies, or L1 in standard deviations, where a change
above zero is for the worse. What was published are curves, without numbers."""
RELATIONS = """\
Concentration is as published. Operations are asked of attention outside the query's own run of one phone, in which any
head stays that listens nearby: a head attends to what it gives 2 times the attention of uniform attention there, and
avoids what it gives half of it."""
REFINED = """\
Heads are physically gone, or attention is computed within the span alone; measured on this machine, turn by turn with
M3. No speed was published. What such models still tell stands above: in the curves by globalness at half of the heads,
and in those over spans with rows normalised again."""
TIME = """\
Time of the attempt that finished each stage; of a training, all of its parts. What else was stopped before is not in
it.
Stages that ran side by side count each for itself."""
