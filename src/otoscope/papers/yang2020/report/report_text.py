"""The texts of the report between its figures and tables."""

from otoscope.papers.yang2020.claims.heads import SHARP_THRESHOLD

TITLE = "The published experiments on M3, M6 and M9, reproduced"
ABOUT = """\
Yang, Liu and Lee (Understanding Self-Attention of Self-Supervised Audio Transformers, Interspeech 2020) trained
Mockingjay models that mask spans of 3, 6 and 9 frames, M3, M6 and M9, and studied their heads: 12 layers of 12
heads, 768 wide, trained on LibriSpeech train-clean-360. This report repeats the experiments with models of the size
and on the speech in the tables below."""
HELD_OUT = """\
Held-out masked L1 is in standard deviations of each log-mel band of an utterance, over all corpora with speakers."""
EARLY = """\
Models that start with the same masking, and differ in nothing else, are one model until the masking changes."""
VERDICTS = """\
A claim is decided by differences that are positive if the claim is right. It holds if the whole 95 % interval of each
difference is positive, does not hold if that of any is negative, and is undecided otherwise. Claims about the heads of
M3 are evaluated on every training of it, M3 and its further seeds (M3-1, ...). If one training supports a claim and
another refutes it, the claim is undecided. If models are compared, the intervals are wider on both sides by what two
independent trainings differ by chance, estimated from the seeds of M3. A claim about some head, some span or half of
the heads holds if one difference is positive, and does not hold if all are negative. The table shows the surest one.
It was chosen on the speech on which it is reported, so that its value is optimistic."""
HEADS = f"""\
A head is global, vertical or diagonal by the statistic in which it ranks highest among the heads of its model: shares
describe how the heads of one model differ. A diagonal head is sharp if it has {100 * SHARP_THRESHOLD:.0f} % of its
attention at one offset. Its shift is that offset."""
BOUNDARIES = """\
Alpha, beta, head, layer and ensemble are chosen on some {parted_by}s and reported on others. Published values are of
TIMIT's test part, with a head that the authors chose by eye."""
PRUNING = """\
Heads and spans are removed from one training of each model; the results say nothing about other seeds. Probes are
trained on the intact model and cross-validated. Scores are accuracies, or L1 in standard deviations, for which a
positive change is worse. The paper shows curves without numbers."""
RELATIONS = """\
Concentration is defined as in the paper. Operations are evaluated on attention outside the query's own segment of one
phone, because every local head stays within the segment. A head attends to a target if it gives it 2 times the
attention of uniform attention, and avoids a target if it gives it half of that."""
REFINED = """\
Heads are physically removed, or attention is computed within the span alone. The times were measured on this machine,
alternately with M3. The paper reports no speed. The scores of these models are in the sections above: in the curves by
globalness at half of the heads, and in those over spans with rows normalised again."""
TIME = """\
Time of the last attempt of each stage; of a training, all of its parts. Earlier attempts are not included. Each stage
counts its own time, also if stages ran at the same time."""
