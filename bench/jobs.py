"""What a child process is asked to measure, and what it answers. Imports no torch."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from bench.flops import Work

Engine = Literal["ours", "p0", "p1", "p2"]
Peer = Literal["p0", "p1", "p2"]
PEERS: tuple[Peer, ...] = ("p0", "p1", "p2")
Precision = Literal["fp32", "bf16"]
NearEngine = Literal["ours", "datasketch"]


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ProbeJob(_Message):
    """Which device and number format the product chooses here."""

    kind: Literal["probe"] = "probe"


class Probe(_Message):
    """The product's choice."""

    device: str
    precision: Precision
    reasons: tuple[str, ...]


class Place(_Message):
    """Where and in which number format to compute."""

    device: str
    precision: Precision


class PeakJob(_Message):
    """How many operations per second matrix products of this machine reach."""

    kind: Literal["peak"] = "peak"
    place: Place
    hidden_size: int


class Peak(_Message):
    """The best rate of each shape, in GFLOP/s."""

    gflops_by_shape: dict[str, float]

    @property
    def gflops(self) -> float:
        """The best of all shapes."""
        return max(self.gflops_by_shape.values())


class TrainingJob(_Message):
    """What all trainings need to know."""

    engine: Engine
    data: str
    max_length: int
    model_dir: str
    place: Place
    batch_size: int = 16
    """Texts per process and optimizer step."""
    seed: int = 0
    settings: dict[str, str] = {}
    """Further fields of our `RunConfig`; peers ignore them."""


class StepJob(TrainingJob):
    """How long given optimizer steps take."""

    kind: Literal["steps"] = "steps"
    batches: list[list[int]]
    """Positions of the training texts of each step, over all processes; warm-up steps first."""
    warmup_steps: int = 2
    keeps_all_texts: bool = False
    """Whether all training texts are tokenised and kept, not only those of the steps."""
    measures_peak: bool = False
    """Whether the matmul peak is measured right before and after, in the same process."""
    logs_losses: bool = False
    """Whether the loss of each step is asked for."""


class Timing(_Message):
    """What the steps after the warm-up took."""

    seconds: float
    work: Work
    peak_memory_bytes: int = 0
    peaks_gflops: tuple[float, ...] = ()
    """Matmul peak before and after."""
    losses: tuple[float, ...] = ()

    @property
    def tokens_per_second(self) -> float:
        """Tokens of texts, without padding, per second."""
        return self.work.tokens / self.seconds


class TargetJob(TrainingJob):
    """How accurate a training becomes on the test rows, and when."""

    kind: Literal["target"] = "target"
    num_epochs: int
    learning_rate: float
    evaluation_steps: int
    """Look at the test rows every this many steps; 0 only at the end."""
    target: float = 2.0
    """End as soon as this accuracy is reached; a value above 1 trains to the end."""


class Look(_Message):
    """One look at the test rows."""

    step: int
    seconds: float
    """Training time so far, without the looks."""
    accuracy: float


class Course(_Message):
    """All looks of a training."""

    looks: tuple[Look, ...]

    def reached(self, target: float) -> Look | None:
        """Return the first look at which the target was reached."""
        return next((look for look in self.looks if look.accuracy >= target), None)


class OverheadJob(TrainingJob):
    """What writing live metrics costs."""

    kind: Literal["overhead"] = "overhead"
    batches: list[list[int]]
    """Warm-up steps first."""
    warmup_steps: int = 2
    repeats: int = 5


class Overhead(_Message):
    """Seconds of the same steps with and without live metrics, repeat by repeat."""

    live_seconds: tuple[float, ...]
    silent_seconds: tuple[float, ...]
    writer_seconds: float
    """Spent inside the writer's calls, in all repeats together."""
    tokens: int
    """Tokens of the steps of one repeat."""


class NearJob(_Message):
    """How long finding the planted near-duplicates takes."""

    kind: Literal["near"] = "near"
    engine: NearEngine
    num_rows: int
    seed: int
    threshold: float


class NearFound(_Message):
    """What an engine found, and how long it took."""

    seconds: float
    cpu_seconds: float
    """Of all threads; other work on the machine changes it less than the clock."""
    pairs: tuple[tuple[int, int], ...]
    peak_memory_bytes: int


AnyJob = Annotated[
    ProbeJob | PeakJob | StepJob | TargetJob | OverheadJob | NearJob, Field(discriminator="kind")
]
