"""What the report says between its figures."""

TITLE = "The published experiments on M3, M6 and M9, made again"
ABOUT = """\
Yang, Liu and Lee (Understanding Self-Attention of Self-Supervised Audio Transformers, Interspeech 2020) trained
Mockingjay models that hide runs of 3, 6 and 9 frames, M3, M6 and M9, and asked what their heads do. Here models were
trained in that way, as the table of models says, and asked the same."""
ANSWERS = """\
A claim is answered by differences that are above zero where it is right. It holds where the whole 95 % interval of each
is above zero, does not hold where that of any is below, and cannot be told otherwise. Where models are compared,
intervals are wider on both sides by what two trainings differ by chance, from the seeds of M3. Where the best of
several heads, steps or spans is taken, it is chosen on the speech that it is reported on, which flatters it."""
HEADS = """\
A head is global, vertical or diagonal by the list in which it stands highest among the heads of its model: shares say
how the heads of one model differ. The shift of a sharp diagonal head, one with 30 % of its attention at one offset, is
that offset."""
BOUNDARIES = """\
Alpha, beta, head, layer and ensemble are chosen on some {parted_by}s and reported on others. Published values are of
TIMIT's test part, with a head picked by eye."""
PRUNING = """\
Probes are trained on the intact model and cross-validated. Categories are compared by their mean score over the whole
curve. What was published are curves, without numbers."""
REFINED = """\
Heads are physically gone, or attention is computed within the span alone; measured on this machine, turn by turn with
M3. No speed was published. What such models still tell stands above: in the curves by globalness at half of the heads,
and in those over spans with rows normalised again."""
TIME = """\
Time of the attempt that finished each stage; of a training, all of its parts. What else was stopped before is not in
it.
Stages that ran side by side count each for itself."""
