"""`otoscope models`."""


def models() -> None:
    """List the model families, and what a tiny random model of each shows can be done with it."""
    from otoscope.models.capabilities import survey
    from otoscope.models.families import UNSUPPORTED
    from otoscope.refinement.layouts import PARTS

    print(f"{'family':31}{'mechanism':11}{'frame':>7}  measured  intervened  refined  padded batches")
    for found in survey():
        can = (found.measured, found.intervened, found.family in PARTS, found.padded)
        measured, intervened, refined, padded = ("yes" if one else "no" for one in can)
        period = f"{1000 * found.frame_period:g} ms"
        row = f"{found.family:31}{found.mechanism:11}{period:>7}  {measured:10}{intervened:12}{refined:9}{padded}"
        print(f"{row}  {found.refused}".rstrip(), flush=True)
    for family, reason in UNSUPPORTED.items():
        print(f"{family:31}refused: {reason}")
