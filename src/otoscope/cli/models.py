"""`otoscope models`."""


def models() -> None:
    """List the model families, and what otoscope can do with a tiny random model of each."""
    from otoscope.models.capabilities import supported_families
    from otoscope.models.families import UNSUPPORTED
    from otoscope.refinement.layouts import LAYOUTS

    print(f"{'family':31}{'mechanism':11}{'frame':>7}  measured  intervened  refined  padded batches")
    for result in supported_families():
        answers = (result.measured, result.intervened, result.family in LAYOUTS, result.padded)
        measured, intervened, refined, padded = ("yes" if answer else "no" for answer in answers)
        period = f"{1000 * result.frame_period:g} ms"
        row = f"{result.family:31}{result.mechanism:11}{period:>7}  {measured:10}{intervened:12}{refined:9}{padded}"
        print(f"{row}  {result.refused}".rstrip(), flush=True)
    for family, reason in UNSUPPORTED.items():
        print(f"{family:31}refused: {reason}")
