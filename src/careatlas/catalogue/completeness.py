"""How much may be missing before a figure is doubted (``content/standards/completeness.yaml``)."""

from careatlas.catalogue.definition import Definition


class CompletenessRules(Definition):
    """Shares are parts of one. METHODS: completeness before comparison.

    ``noted_share_above`` and ``incomplete_share_above``: of an area's activity at an absent or partial
    provider. ``low_level_share``: an area whose new pathways per 1,000 people are below this part of the
    national median has lost a submitter. ``partial_ratio_below`` and ``partial_waiting_above``: a provider
    with fewer completed for each new pathway, and more people waiting, sent a partial return.
    ``absent_over_18_weeks_above``: a provider with more people waiting over 18 weeks, on average, is expected
    to report. ``absent_board_share_above``: a board that gives more than this share of a provider's patients
    depends on its return.
    """

    noted_share_above: float
    incomplete_share_above: float
    low_level_share: float
    partial_ratio_below: float
    partial_waiting_above: float
    absent_over_18_weeks_above: float
    absent_board_share_above: float
