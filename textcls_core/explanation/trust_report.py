"""TrustReport: how faithful each explanation was on some texts of one model; free of torch."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from textcls_core.explanation.methods import JUDGED_TITLES, Judged
from textcls_core.files import read_json, write_json
from textcls_core.wording import plural

SCORE_DIGITS = 2
"""Methods are ranked to a point of probability: less than that between two says nothing."""
MUCH_LIKE_UNTRAINED = 0.7
"""From this rank correlation on, the verdict says that an untrained model is explained alike."""
NUM_EVALUATIONS = 200
"""Shortened texts that LIME and SHAP read of each text: fewer than for one text alone."""


class Judgement(BaseModel):
    """What was measured of one method, as means over the texts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: Judged
    comprehensiveness: float
    """Probability lost without the words it names first: high is good."""
    sufficiency: float
    """Probability lost with only them: low is good."""
    score: float
    """The first minus the second; methods are ranked by it, to a point of probability."""
    taken_out: tuple[float, ...] = ()
    """Comprehensiveness at each of the report's shares, of which it is the mean (AOPC)."""
    kept: tuple[float, ...] = ()
    """The same of sufficiency."""
    interval: tuple[float, float] | None
    """95 % interval of the score over other texts of the same kind; None for one text."""
    lag: tuple[float, float] | None = None
    """95 % interval of how far the score is behind that of the first method on the same texts; None
    for the first one, and for one text."""
    beats_random: float
    """Share of the texts on which it scores higher than random orders do, in [0, 1]."""
    like_untrained: float | None
    """Rank correlation with its explanation of the untrained model; high is bad: it would then
    explain the architecture, not what was learned."""


class TrustReport(BaseModel):
    """The trust meter of one model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    num_texts: int
    shares: tuple[float, ...] = ()
    """Shares of the words that are taken out, or kept."""
    random_score: float
    """Score of random orders of the words."""
    judgements: tuple[Judgement, ...]
    """The most faithful first."""
    agreement: tuple[tuple[float | None, ...], ...]
    """Rank correlation of the words' scores between methods, in the order of `judgements`."""

    @property
    def verdict(self) -> str:
        """Which method to believe here, in plain words."""
        best = self.judgements[0]
        if best.interval is None:
            return self._verdict_on_one(best)
        if best.interval[0] <= self.random_score:
            return (
                f"On {plural(self.num_texts, 'text')} no method is clearly better than a random "
                "order of the words. Do not rely on any of them here."
            )
        rivals = [JUDGED_TITLES[method] for method in self.rivals]
        also = f" {_listed(rivals)} cannot be told from it on so few texts." if rivals else ""
        is_alike = (best.like_untrained or 0) > MUCH_LIKE_UNTRAINED
        but = ", but it says nearly the same of an untrained model" if is_alike else ""
        return (
            f"Believe {JUDGED_TITLES[best.method]} first here: taking out the words it names costs "
            f"the answer {100 * best.comprehensiveness:.0f} points of probability, keeping only "
            f"them {max(100 * best.sufficiency, 0):.0f}{but}.{also}"
        )

    @property
    def rivals(self) -> tuple[Judged, ...]:
        """Methods that cannot be told from the first one on these texts."""
        return tuple(
            other.method
            for other in self.judgements[1:]
            if other.lag is not None and other.lag[0] <= 0
        )

    def _verdict_on_one(self, best: Judgement) -> str:
        if best.score <= self.random_score:
            return "On this text no method is better than a random order of the words."
        rivals = [
            JUDGED_TITLES[other.method]
            for other in self.judgements[1:]
            if round(other.score, SCORE_DIGITS) == round(best.score, SCORE_DIGITS)
        ]
        also = f", level with {_listed(rivals)}" if rivals else ""
        return (
            f"On this text {JUDGED_TITLES[best.method]} names the words that matter most{also}. "
            "One text says little: measure a sample."
        )

    def save(self, file: Path) -> None:
        """Write the report."""
        file.parent.mkdir(parents=True, exist_ok=True)
        write_json(file, self.model_dump(mode="json"))

    @classmethod
    def load(cls, file: Path) -> "TrustReport | None":
        """Return what `save` wrote; None if it is not there or damaged: it is made again."""
        try:
            return cls.model_validate(read_json(file))
        except (OSError, ValueError, ValidationError):
            return None


def _listed(titles: list[str]) -> str:
    return titles[0] if len(titles) == 1 else f"{', '.join(titles[:-1])} and {titles[-1]}"
