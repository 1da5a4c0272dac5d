"""What the steps hand to each other: every JSON file of a run is one of these models, and is read by no other guess.

Scores are fractions. `score` is the expected test value of `metric`, `low` and `high` its 80% predictive interval; the
intervals of an `Evaluation` are 95%. Times are seconds, sizes are bytes, token and pixel counts say so in their names.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from . import records_v1
from .errors import InputError

Modality = Literal["image", "text"]
Split = Literal["train", "validation", "test"]
Strategy = Literal["frozen", "partial", "lora", "full"]
Metric = Literal["accuracy", "balanced_accuracy"]
HeadKind = Literal["linear", "dense"]
Preference = Literal["cost", "accuracy"]

SPLITS: tuple[Split, ...] = ("train", "validation", "test")
STRATEGIES: tuple[Strategy, ...] = ("frozen", "partial", "lora", "full")


class Record(BaseModel):
    """Immutable; unknown keys, infinities and NaN are refused, so that every file is valid JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Document(Record):
    """A record that is a file of its own. Files of version 1 are read too, and written as version 2."""

    schema_version: Literal[2] = 2

    @model_validator(mode="before")
    @classmethod
    def _upgrade(cls, data: Any) -> Any:
        old = isinstance(data, dict) and data.get("schema_version") == 1
        return records_v1.upgrade(cls.__name__, data) if old else data

    def write(self, path: str | Path) -> None:
        Path(path).write_text(self.to_json())

    def to_json(self) -> str:
        return self.model_dump_json(indent=2) + "\n"

    @classmethod
    def parse(cls, text: str | bytes, source: str = "the text") -> Self:
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            problem = error.errors()[0]
            where = ".".join(map(str, problem["loc"])) or "its top level"
            raise InputError(
                f"{source} is not a valid {cls.__name__} ({where}: {problem['msg']})",
                "take the file that this version of Thaw wrote",
            ) from error

    @classmethod
    def read(cls, path: str | Path) -> Self:
        try:
            return cls.parse(Path(path).read_bytes(), str(path))
        except FileNotFoundError as error:
            raise InputError(f"{path} does not exist", "give the file that the step before wrote") from error


class Fact(Record):
    """A kind and its numbers. Each subclass is a kind, and holds every number that its sentence needs."""

    text: str = ""
    """The sentence, by `report.wording`, for a person who opens the file."""


class Sentence(Fact):
    """What version 1 said in words alone."""

    kind: Literal["sentence"] = "sentence"


BY_KIND = Field(discriminator="kind")
"""The field by which pydantic tells the kinds of facts apart."""


class Champion(Document):
    """The version that was current in the registry when the run started; every field is empty when there was none."""

    version: str = ""
    uri: str = ""
    generation: str = ""
    """Generation of `current.json`; it changes with every release."""


RefusedKind = Literal[
    "structure", "encoding", "label", "content", "split", "image", "size", "file", "folder", "value", "duplicate"
]
"""Why a row is refused: the table's structure, an encoding, no usable label, no content, an unknown split, an image
that cannot be decoded, a limit on size, what is no regular file or of no known type, a folder that is of no class, a
value of another column (group, time, weight), a copy of another row."""


class SourceOptions(Record):
    """How a source is to be read. What is empty is guessed, and the guess is recorded as a `Reading`."""

    text_column: str = Field(
        default="", description="column of the text; several as a,b; or a template: '{title}: {body}'"
    )
    label_column: str = Field(default="", description="column of the label")
    split_column: str = Field(default="", description="column that says train, validation or test")
    group_column: str = Field(default="", description="rows of one group never stand in two splits")
    time_column: str = Field(default="", description="the newest rows are tested")
    weight_column: str = Field(default="", description="weight of each row in training")
    delimiter: str = Field(default="", description="between the values of a text table; tab is written \\t")
    encoding: str = Field(default="", description="of text tables: utf-8, cp1252, …")
    header: Literal["", "first", "none"] = Field(default="", description="none: columns are called 1, 2, …")
    positive: str = Field(default="", description="this label against all others")
    labels: str = Field(default="", description="CSV file with lines `label,name`; an empty name leaves a label out")
    split_folders: Literal["", "yes", "no"] = Field(
        default="", description="whether the top folders are splits, not classes"
    )
    similar_labels: Literal["keep", "merge", "refuse"] = Field(
        default="keep", description="labels that differ by case, space or Unicode form alone"
    )
    conflicts: Literal["keep", "majority", "refuse"] = Field(
        default="keep", description="one content under several labels"
    )
    near_duplicates: Literal["remove", "keep"] = Field(
        default="remove", description="copies of tested rows in training, exact ones and near ones"
    )
    max_refused: float = Field(
        default=0.2, ge=0, le=1, description="share of rows that may be refused before the run stops"
    )


class Reading(Record):
    """How a folder of files or a table was read. Equal readings of several files are one."""

    file: str
    """The first file that was read so, or the folder."""
    files: int = 1
    format: str
    """`csv`, `parquet`, `folder`, …"""
    compression: str = ""
    encoding: str = ""
    delimiter: str = ""
    header: bool | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    """Role (text, image, label, split, group, time, weight) to the column that has it, or the template of several."""
    splits: dict[str, str] = Field(default_factory=dict)
    """What the source calls its splits, to what they are here."""
    class_names: str = ""
    """Where names of classes come from when labels are numbers: `schema`, `file`."""
    guessed: tuple[str, ...] = ()
    """The options that were not given: `encoding`, `delimiter`, `label_column`, `split_folders`, …"""


SplitKey = Literal["source", "content", "group", "time"]


class Dataset(Document):
    """An ingested dataset. Its rows lie in Parquet shards in the store; labels are indices into `classes`."""

    modality: Modality
    classes: tuple[str, ...] = Field(min_length=2)
    counts: dict[Split, tuple[int, ...]]
    """Rows of each class, per split."""
    shards: dict[Split, tuple[str, ...]]
    """URIs of the shards of each split; see `data.shards` for their columns."""
    fingerprint: str
    """SHA-256 over contents, labels and splits: the same rows give the same fingerprint, in any order or format."""
    source: str
    split_given: bool
    """The source named the splits (a `split` column, or train/validation/test folders)."""
    duplicates: int
    """Rows whose content stands earlier in the same split."""
    leaked: int
    """Test rows whose content also stands in train or validation."""
    rejected: int
    rejected_uri: str
    """Parquet of refused rows (source, kind, reason); empty when none was refused. Kept and refused rows together are
    all rows of the source."""
    refused_kinds: dict[RefusedKind, int] = Field(default_factory=dict)
    """Refused rows of each kind."""
    options: SourceOptions = SourceOptions()
    """What the user said about the source."""
    readings: tuple[Reading, ...] = ()
    """How the source was read."""
    split_by: SplitKey = "content"
    """What put the rows in their splits."""
    split_version: int = 1
    """Version of the key that splits. Another one may move rows of an earlier dataset to another split."""
    near_duplicates: int = 0
    """Rows that were removed as near copies of rows of a split that is tested."""
    conflicts: int = 0
    """Contents that stand under several labels."""
    similar_labels: tuple[tuple[str, ...], ...] = ()
    """Labels that differ by case, space or Unicode form alone."""

    def rows(self, split: Split) -> int:
        return sum(self.counts.get(split, ()))


class Quantiles(Record):
    """Minimum, quartiles, 98th percentile and maximum of one number per row."""

    low: float
    q25: float
    median: float
    q75: float
    q98: float
    high: float


class BlockInfo(Record):
    """A block of a network."""

    name: str
    parameters: int


class NetworkInfo(Record):
    """A pretrained network as the profile saw it."""

    reference: str
    """What the user named: a known name, `hf://…`, a folder or `gs://…`."""
    fingerprint: str
    """SHA-256 of the weights."""
    blocks: tuple[BlockInfo, ...]
    """The blocks, from the input up."""
    supports_lora: bool
    input_size: int
    """Pixels a side, or tokens at most."""


class DepthProbe(Record):
    """Scores of probes on the pooled activations after `depth` blocks, cross-validated on the training rows."""

    depth: int
    block: str
    width: int
    ridge: float
    ridge_error: float
    """Standard error of `ridge`."""
    knn: float


class Readout(Record):
    """A ridge probe on the activations of the profiled depths side by side (Evci 2022, "Head2Toe").

    Each depth weighs `decay` times the one above it: 0 is the last depth alone.
    """

    decay: float
    ridge: float
    ridge_error: float
    """Standard error of `ridge`."""
    squared_error: float
    """Squared error of the class probabilities, summed over classes; cross-validated, at the best penalty for it."""


class CurvePoint(Record):
    """A point of a learning curve: the mean score of a probe that is fitted on so many rows."""

    rows: int
    score: float


class Suspect(Record):
    """A sampled row that somebody should look at, since its label or its content is probably wrong."""

    row: str
    """Content hash of the row."""
    source: str
    label: str
    kind: Literal["label", "outlier"]
    claimed_by: str = ""
    """The class that confidently claims the row; empty for an outlier."""
    margin: float
    """Label: the held-out prediction for the claiming class minus that for the label. Outlier: the mean distance to its
    nearest neighbours over the median of that of all rows."""
    excerpt: str = ""
    """Beginning of the text; empty for images."""


class ClassRecall(Record):
    """Share of a class's sampled rows that a probe finds when they are held out, with its 95% interval."""

    name: str
    rows: int
    recall: float
    low: float
    high: float
    taken_for: str
    """The class that most of the others are taken for; empty where none is."""


class Findings(Record):
    """What is wrong with the sampled rows, one by one."""

    suspect_labels: int
    outliers: int
    suspects: tuple[Suspect, ...]
    """The worst of each kind, from the worst down."""
    file: str
    """Parquet with all suspects, in the run's output."""
    hardest: tuple[ClassRecall, ...]
    """The classes with the lowest recall, from the lowest up."""
    unfit: int
    """Sampled rows with more tokens than the network reads, or images with fewer pixels than its input."""
    unfit_share: float


class InputDifference(Record):
    """A measure of the input, such as its length, in rows of two kinds."""

    name: str
    trained: float
    """Mean over training rows."""
    tested: float
    """Mean over tested rows."""
    effect: float
    """Their difference in standard deviations (Cohen's d)."""
    p_value: float
    """By ranks, times the number of measures (Bonferroni)."""


class SplitShift(Record):
    """Whether tested rows look like the others. No label is looked at, and no choice depends on it."""

    rows: int
    """Tested rows that were compared."""
    trained_rows: int
    auc: float
    """Cross-validated area under the ROC curve of a classifier that tells them apart by their features; alike: 0.5."""
    p_value: float
    """By permutation."""
    inputs: tuple[InputDifference, ...]
    """From the largest effect down."""


class Profile(Document):
    """Facts of the dataset and the network before anything is trained, from one pass over a sample."""

    dataset: str
    """Fingerprint of the dataset."""
    modality: Modality
    network: NetworkInfo
    metric: Metric
    rows: dict[Split, int]
    classes: int
    rows_per_class: Quantiles
    """Counts of the rows that may be trained on."""
    class_rows: tuple[int, ...]
    """Rows of each class that may be trained on."""
    imbalance: float
    """Rows of the largest class over rows of the smallest."""
    majority: float
    """Share of the largest class."""
    duplicates: float
    leaked: int
    rejected: int
    label_noise: float
    """Share of sampled rows that a cross-validated probe confidently gives to another class."""
    extent: Quantiles
    """Size of a row: tokens, or pixels of the shorter side."""
    extent_unit: Literal["tokens", "pixels"]
    sample_rows: int
    depths: tuple[DepthProbe, ...]
    readouts: tuple[Readout, ...] = Field(min_length=1)
    """The first is the last depth alone."""
    input_baseline: float
    """Score of a ridge probe on the input itself, words or the pixels of a thumbnail, without any network."""
    moments: tuple[tuple[float, ...], tuple[float, ...]]
    """Mean and standard deviation of the last depth's features along fixed random directions: where the dataset lies,
    as this network sees it."""
    curve: tuple[CurvePoint, ...]
    """Learning curve of the best readout's probe."""
    forward_seconds_per_row: float
    mean_length: float
    """Mean share of `input_size` that a row fills: 1 for images."""
    device: str
    seconds: float
    """The step's own time."""
    findings: Findings | None = None
    """None in profiles of earlier versions."""
    shift: SplitShift | None = None
    """None where few rows are tested, and in profiles of earlier versions."""

    @property
    def readout(self) -> Readout:
        """The readout with the least squared error, which is smoother than a score on few rows."""
        return min(self.readouts, key=lambda each: (each.squared_error, each.decay))


class FeatureDepth(Record):
    """A depth whose pooled, standardised activations are features of the head."""

    depth: int
    weight: float
    """Share beside the features of other depths, however many they are."""


class LoraPlan(Record):
    rank: int
    alpha: float
    dropout: float


class TrainingPlan(Record):
    """Gradient training above the cut. Learning rates are peaks of a warm-up and cosine schedule."""

    optimizer: Literal["adamw", "sgd"]
    learning_rate: float
    head_learning_rate: float
    layer_decay: float
    """Factor of each block's learning rate to that of the block above it (Howard & Ruder 2018)."""
    weight_decay: float
    batch_size: int
    epochs: int
    warmup_ratio: float
    """Share of all updates."""
    patience: int
    """Evaluations without a better validation score before training stops; 0 where there is no validation split."""
    max_grad_norm: float
    """Largest global norm of the gradient."""
    dropout: float
    """Before the head."""
    augment: bool = False
    """Images: a random crop, mirrored half of the time, in place of each. Activations at the cut cannot be cached
    then."""
    lora: LoraPlan | None = None


class Plan(Document):
    """Everything that fine_tune needs beside the dataset: it decides nothing itself."""

    strategy: Strategy
    dataset: str
    """Fingerprint of the dataset that the plan was made for."""
    network: str
    """Reference of the network."""
    modality: Modality
    input_size: int
    cut: int
    """Blocks from the input that stay as they are."""
    cut_block: str
    """Name of the first trained block; empty when none is."""
    head: HeadKind
    feature_depths: tuple[FeatureDepth, ...] = ()
    """What the head takes, from the input up; empty for the last depth alone."""
    metric: Metric
    validate_split: bool
    """Training stops by the score on the validation split. Without, its rows are trained on too: classes are small."""
    training: TrainingPlan | None
    """None for frozen: the head is fitted in closed form."""
    class_weights: tuple[float, ...]
    """One per class, for the head and for training; empty for equal weights."""
    seed: int
    max_seconds: float | None = None
    start_from: str = ""
    """Folder of a pilot's checkpoints, from which training continues; empty without a pilot."""


class Candidate(Record):
    strategy: Strategy
    score: float
    low: float
    high: float
    cost_seconds: float
    expected_loss: float
    """Points, as a fraction, that choosing this candidate loses on average against the best of all."""


class Pilot(Record):
    """The first updates of a training, run before the choice; where the candidate is chosen, it goes on from them."""

    strategy: Strategy
    updates: int
    score: float
    """Score on the validation split after these updates."""
    head_score: float
    """Score of the fitted head on the same rows, before the first update."""
    seconds: float


class Neighbour(Record):
    """A dataset on which every strategy was measured with the same network."""

    task: str
    rows: int
    """The measured size that is closest to the user's."""
    distance: float
    """Fréchet distance, in units of the median distance between two measured datasets."""
    metric: Metric = "accuracy"
    scores: dict[Strategy, float]


class Forced(Fact):
    """The user named the strategy."""

    kind: Literal["forced"] = "forced"
    strategy: Strategy
    expected_loss: float
    unforced: Strategy
    """What would have been chosen."""
    unforced_expected_loss: float


class WithinAllowedLoss(Fact):
    """The chosen strategy is expected to score a little less than the best one, and is cheaper."""

    kind: Literal["within_allowed_loss"] = "within_allowed_loss"
    strategy: Strategy
    best: Strategy
    loss: float
    """Expected score of the best minus that of the chosen one."""
    allowed_loss: float
    cost_seconds: float
    best_cost_seconds: float


class CheapestAndBest(Fact):
    """The chosen strategy is the cheapest and has the best expected score."""

    kind: Literal["cheapest_and_best"] = "cheapest_and_best"
    strategy: Strategy
    time_limited: bool
    """There was no time for some of the candidates."""


class BestScore(Fact):
    """The chosen strategy has the best expected score, and cheaper ones lose too much."""

    kind: Literal["best_score"] = "best_score"
    strategy: Strategy
    score: float
    prefer: Preference
    losses: dict[Strategy, float]
    """Expected loss of every cheaper strategy against the chosen one."""
    time_limited: bool
    """There was no time for some of the candidates."""


DoubtKind = Literal["unmeasured_network", "few_rows", "label_noise", "many_rows", "out_of_distribution"]
"""Why a prediction is not to be relied on."""


class SafeChoice(Fact):
    """The strategy that measured best where a doubt holds was chosen, and the prediction was not asked."""

    kind: Literal["safe_choice"] = "safe_choice"
    strategy: Strategy
    doubt: DoubtKind
    runs: int
    """Measured runs that were compared."""


class ProbeScore(Fact):
    """The score of a linear probe on the frozen network, and the rows that it and the training have."""

    kind: Literal["probe_score"] = "probe_score"
    metric: Metric
    score: float
    standard_error: float
    last_depth: float | None
    """Score on the last depth alone; None where the probe reads no other."""
    majority: float
    sample_rows: int
    rows: int
    median_class_rows: float


class FeatureEffect(Fact):
    """What a feature of the score model adds to the expected gain of a strategy over the frozen network, against the
    average measured run."""

    kind: Literal["feature_effect"] = "feature_effect"
    feature: Literal[
        "log_rows", "probe", "all_depths_gain", "best_depth_gain", "input_baseline_gap", "held_out", "convolutional"
    ]
    strategy: Strategy
    effect: float
    """Change of the score, as a fraction."""
    value: float | None
    """The rows, the score that the feature rests on, or 0 and 1 for no and yes; None where no other depth than the last
    adds to its score."""
    reference: float | None
    """The score that `value` is compared with; None where it is compared with none."""
    block: str = ""
    """The block after which `value` was measured."""


class PilotResult(Fact):
    """What a pilot measured."""

    kind: Literal["pilot_result"] = "pilot_result"
    strategy: Strategy
    updates: int
    head_score: float
    score: float
    seconds: float


class NearestTask(Fact):
    """The measured dataset that is nearest to the user's."""

    kind: Literal["nearest_task"] = "nearest_task"
    task: str
    distance: float
    rows: int
    metric: Metric
    scores: dict[Strategy, float]


class NoNearestTask(Fact):
    """The network was not among the measured ones."""

    kind: Literal["no_nearest_task"] = "no_nearest_task"


class LoraUnsupported(Fact):
    """The network is convolutional, so LoRA is no candidate."""

    kind: Literal["lora_unsupported"] = "lora_unsupported"


class OverTimeLimit(Fact):
    """Candidates that the time limit is not enough for."""

    kind: Literal["over_time_limit"] = "over_time_limit"
    max_seconds: float
    costs: dict[Strategy, float]
    """Seconds that each of them would take."""


class AugmentUnused(Fact):
    """Augmentation was asked for and the frozen strategy does not use it."""

    kind: Literal["augment_unused"] = "augment_unused"


Reason = (
    Forced
    | WithinAllowedLoss
    | CheapestAndBest
    | BestScore
    | SafeChoice
    | ProbeScore
    | FeatureEffect
    | PilotResult
    | NearestTask
    | NoNearestTask
    | LoraUnsupported
    | OverTimeLimit
    | AugmentUnused
)


class UnmeasuredNetwork(Fact):
    """No network of this kind was measured on this modality: a transformer on images."""

    kind: Literal["unmeasured_network"] = "unmeasured_network"


class FewRows(Fact):
    kind: Literal["few_rows"] = "few_rows"
    median_class_rows: float
    min_class_rows: float
    """Rows in the median class that a prediction asks for."""


class LabelNoise(Fact):
    kind: Literal["label_noise"] = "label_noise"
    share: float
    """Share of the sampled rows that probes confidently give to another class."""


class ManyRows(Fact):
    kind: Literal["many_rows"] = "many_rows"
    rows: int
    max_measured_rows: int


class OutOfDistribution(Fact):
    kind: Literal["out_of_distribution"] = "out_of_distribution"
    leverage_ratio: float
    """Leverage of the profile over the largest of a measured run."""
    runs: int
    """Measured runs that the prediction was learned from."""


Doubt = UnmeasuredNetwork | FewRows | LabelNoise | ManyRows | OutOfDistribution


class MoreRows(Fact):
    """Another strategy would be chosen with this many rows or more."""

    kind: Literal["more_rows"] = "more_rows"
    rows: int
    class_rows: float
    """Rows a class, on average."""
    strategy: Strategy


class FewerRows(Fact):
    """Another strategy would be chosen with this many rows or fewer."""

    kind: Literal["fewer_rows"] = "fewer_rows"
    rows: int
    class_rows: float
    """Rows a class, on average."""
    strategy: Strategy


class StableChoice(Fact):
    """No number of rows in this range changes the choice."""

    kind: Literal["stable_choice"] = "stable_choice"
    min_rows: int
    max_rows: int
    strategy: Strategy


class PilotScore(Fact):
    """The score of a pilot, closest to the measured one, after which another strategy would be chosen."""

    kind: Literal["pilot_score"] = "pilot_score"
    pilot: Strategy
    score: float
    measured: float
    strategy: Strategy


class WithoutDoubt(Fact):
    """What would be chosen by the prediction, were it relied on."""

    kind: Literal["without_doubt"] = "without_doubt"
    strategy: Strategy


Counterfactual = MoreRows | FewerRows | StableChoice | PilotScore | WithoutDoubt


class Decision(Document):
    """The strategy that was chosen, what every candidate was expected to score and cost, and why."""

    strategy: Strategy
    forced: bool
    prefer: Preference
    metric: Metric
    candidates: tuple[Candidate, ...]
    reasons: tuple[Annotated[Reason | Sentence, BY_KIND], ...]
    counterfactuals: tuple[Annotated[Counterfactual | Sentence, BY_KIND], ...]
    """What would change the choice."""
    doubts: tuple[Annotated[Doubt | Sentence, BY_KIND], ...]
    """Why the prediction is not to be relied on here; empty where it is. The choice is then what measured best where
    that holds, if anything did and there is time for it."""
    pilots: tuple[Pilot, ...]
    neighbours: tuple[Neighbour, ...] | None
    """The nearest measured tasks; None where the network was not among the measured ones."""
    cost_device: str
    plan: Plan


class Epoch(Record):
    """One evaluation during training."""

    epoch: float
    updates: int
    learning_rate: float
    loss: float
    score: float | None
    """Score on the validation split; null where there is none."""
    seconds: float


class FittedInClosedForm(Fact):
    """A frozen network: there is nothing to train."""

    kind: Literal["fitted_in_closed_form"] = "fitted_in_closed_form"


class Completed(Fact):
    kind: Literal["completed"] = "completed"
    epochs: int


class NoImprovement(Fact):
    kind: Literal["no_improvement"] = "no_improvement"
    patience: int
    """Evaluations in a row without a better validation score."""


class TimeLimit(Fact):
    kind: Literal["time_limit"] = "time_limit"
    seconds: float


class Diverged(Fact):
    """The loss was no longer finite; the best weights before are kept."""

    kind: Literal["diverged"] = "diverged"
    updates: int


class LossRose(Fact):
    """The training loss rose, and there was no validation split: the fitted head on the frozen network is kept."""

    kind: Literal["loss_rose"] = "loss_rose"
    first_loss: float
    """Mean over the first epoch."""
    last_loss: float


StopReason = Annotated[
    FittedInClosedForm | Completed | NoImprovement | TimeLimit | Diverged | LossRose | Sentence,
    Field(discriminator="kind"),
]
"""Why training ended."""


class Training(Document):
    """The plan as it was run."""

    strategy: Strategy
    plan: Plan
    seconds: float
    """The whole step: features, head and training, with what interrupted attempts had trained."""
    resumed: tuple[int, ...] = ()
    """Updates done each time that training continued from a checkpoint."""
    stages: dict[str, float]
    """Seconds of each part of the step."""
    updates: int
    trained_parameters: int
    total_parameters: int
    head_l2: float
    """L2 penalty of the head, chosen by cross-validation."""
    head_score: float
    """Cross-validated score of the fitted head on the frozen network."""
    validation_score: float | None
    temperature: float
    """The logits were divided by this (Guo 2017)."""
    curve: tuple[Epoch, ...]
    device: str
    compute_dtype: str
    stopped: StopReason


class Interval(Record):
    """A score on the test split with its 95% bootstrap interval."""

    value: float
    low: float
    high: float


class Baseline(Record):
    """A simple model without a pretrained network, on the same test rows."""

    name: str
    accuracy: Interval


class ClassScore(Record):
    """Scores of one class on its test rows."""

    name: str
    rows: int
    precision: float
    recall: float
    f1: float


class CalibrationBin(Record):
    """Test rows whose confidence lies above `low` and up to `high`: mean confidence and share of right answers."""

    low: float
    high: float
    confidence: float
    accuracy: float
    rows: int


class Mistake(Record):
    """A confident error: often the label is wrong."""

    row: str
    """Content hash of the row."""
    label: str
    predicted: str
    confidence: float
    excerpt: str
    """Beginning of the text; empty for images."""


class Comparison(Record):
    """The candidate against the champion on the same rows. `difference` is accuracy, candidate minus champion."""

    version: str
    accuracy: Interval
    difference: Interval
    p_worse: float
    """Share of paired bootstrap samples in which the candidate is worse."""
    resamples: int
    """Number of those samples."""


class Forgetting(Record):
    """Accuracy on another task, before and after training, by a head on the network's features.

    The head is fitted on features of the pretrained network. The same head then reads the features of both networks for
    the same held-out rows, so that a fall is due to the features alone.
    """

    task: str
    """What the head predicts, as part of a sentence: "which digit was written by hand"."""
    before: float
    after: float
    refitted: float
    """Accuracy of a head fitted again, on the trained network's features: it is low where they are lost, and as high as
    before where they have only moved."""
    rows: int
    """Held-out rows."""


class GateRule(Fact):
    """One condition of a release, or why it was not put. A model passes when every rule has passed."""

    passed: bool


class LearnedSomething(GateRule):
    """The lower bound of the model's score is above what a constant prediction scores."""

    kind: Literal["learned_something"] = "learned_something"
    metric: Metric
    low: float
    """Lower end of the 95% interval of the score."""
    constant: float
    """Share of the largest class; with balanced accuracy, 1 / classes."""


class Loads(GateRule):
    """The saved folder loads in a fresh process without Thaw, with all of its weights, and gives the same logits."""

    kind: Literal["loads"] = "loads"
    rows: int
    """Test rows that were compared."""
    apart: int = 0
    """Those of them that need more than the plain call: texts to be cut, images with transparency or 16 bits."""
    difference: float | None = None
    """Largest difference of a logit; None where there are no logits to compare."""
    max_difference: float
    """The model is refused from this difference on."""
    missing: tuple[str, ...] = ()
    """Arrays that the loaded model has and the file of the weights has not."""
    unexpected: tuple[str, ...] = ()
    """Arrays that the file has and the loaded model has not."""
    same_classes: bool = True
    """The folder names the dataset's classes, in the order of the logits."""
    error: str = ""
    """Why the folder does not load or predict."""


class NoChampion(GateRule):
    """There is no current version: this would be the first release."""

    kind: Literal["no_champion"] = "no_champion"
    passed: Literal[True] = True


class SameModel(GateRule):
    """The champion's files have the same content as the model's."""

    kind: Literal["same_model"] = "same_model"
    passed: Literal[True] = True
    champion: str
    """Version of the champion, as in the other rules."""


class OtherModality(GateRule):
    """The champion takes images and the dataset has texts, or the other way round: they are not compared."""

    kind: Literal["other_modality"] = "other_modality"
    passed: Literal[True] = True
    champion: str
    champion_modality: Modality
    modality: Modality


class OtherClasses(GateRule):
    """The champion has other classes than the dataset, or the same ones in another order: they are not compared."""

    kind: Literal["other_classes"] = "other_classes"
    passed: Literal[True] = True
    champion: str
    added: tuple[str, ...]
    """Classes of the dataset that the champion lacks."""
    removed: tuple[str, ...]
    """Classes of the champion that the dataset lacks."""


class NotSignificantlyWorse(GateRule):
    """The model is worse than the champion in less than `max_p_worse` of the paired bootstrap samples."""

    kind: Literal["not_significantly_worse"] = "not_significantly_worse"
    champion: str
    accuracy: float
    champion_accuracy: float
    p_worse: float
    max_p_worse: float
    """The model is refused from this share on."""


ChampionRule = NoChampion | SameModel | OtherModality | OtherClasses | NotSignificantlyWorse
Rule = Annotated[LearnedSomething | Loads | ChampionRule | Sentence, Field(discriminator="kind")]


class Evaluation(Document):
    """Scores on the test split alone. The bare numbers are for tools, `intervals` has the same with their bounds."""

    accuracy: float
    balanced_accuracy: float
    macro_f1: float
    log_loss: float
    ece: float
    """Expected calibration error."""
    examples: int
    """Rows of the test split; other tools read this key."""
    train_accuracy: float
    """Accuracy on `train_rows` of the training rows: its distance to `accuracy` is the train-test gap."""
    train_rows: int
    forgetting: Forgetting | None
    """None where the pretrained network cannot be opened any more."""
    intervals: dict[str, Interval]
    majority: float
    """Share of the largest class among the test rows."""
    baselines: tuple[Baseline, ...]
    classes: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    """Rows are true classes, columns predicted ones."""
    per_class: tuple[ClassScore, ...]
    calibration: tuple[CalibrationBin, ...]
    mistakes: tuple[Mistake, ...]
    """Those with the highest confidence, from the highest down."""
    champion: Comparison | None
    passed: bool
    gate: tuple[Rule, ...]
    dataset: str
    """Fingerprint of the dataset."""
    model: str
    """SHA-256 over the files of the model that was evaluated."""
    seconds: float


class Runs(Record):
    """All runs of one strategy, one number for each seed."""

    scores: tuple[float, ...]
    """Scores on the test split, in the leaderboard's metric."""
    seconds: tuple[float, ...]
    """Duration of fine_tune; each run has a store of its own."""
    predicted: float
    """Score that the decision predicted, with its 80% interval."""
    low: float
    high: float
    counted_as: Strategy | Literal[""] = ""
    """The strategy whose runs these are, where this one cannot run: full counts for lora of a convolutional network."""


class Leaderboard(Document):
    """Every strategy, run for real: `comparison.json`."""

    metric: Metric
    test_rows: int
    seeds: tuple[int, ...]
    strategies: dict[Strategy, Runs]
    chosen: Strategy
    """The strategy that the decision took, before any of these runs."""
    best: Strategy
    """The strategy with the highest mean score."""
    regret: float
    """Mean score of the best strategy minus that of the chosen one."""
    regret_low: float
    regret_high: float
    """95% interval, over bootstrap samples of seeds and of each strategy's error on the test rows. Evaluations hold no
    predictions of single rows, so these errors are drawn independently for each strategy: the interval is wider than a
    paired one."""
    dataset: str
    """Fingerprint of the dataset."""


class Release(Document):
    """A released version of a model: `release.json`, and `current.json` of the registry."""

    name: str
    version: str
    """SHA-256 over the files of the model."""
    uri: str
    previous: str
    """Version that was current before; empty for a first release."""
    checksums: dict[str, str]
    """SHA-256 of each file."""
    dataset: str
    """Fingerprint of the dataset."""
    strategy: Strategy
    network: str
    accuracy: float
    released_at: str
    """ISO 8601, UTC."""


class Preprocessing(Document):
    """How rows become inputs of a saved model, beside its weights as `preprocessing.json`."""

    modality: Modality
    input_size: int = Field(gt=0)
    mean: tuple[float, ...] = ()
    """Images: subtracted per channel from pixels in 0–255, before dividing by `scale`."""
    scale: tuple[float, ...] = ()
    layout: Literal["channels_last", ""] = ""
    resize: Literal["bilinear", ""] = ""

    @model_validator(mode="after")
    def _one_of_each_channel(self) -> Self:
        if len(self.mean) not in (0, 3) or len(self.scale) not in (0, 3) or 0 in self.scale:
            raise ValueError("mean and scale have one number for each of three channels, and no scale is 0")
        return self


class Outcome(Document):
    """How a run ended: `outcome.json`, written by the exit handler. Empty fields are of steps that did not end well."""

    status: Literal["succeeded", "refused", "failed"]
    run: str
    error: str
    error_step: str
    strategy: str
    accuracy: float | None
    release_uri: str
    output: str


class StepError(Document):
    """Why a step refuses its input: `error.json`, read by the command line and the exit handler."""

    step: str
    what: str
    do: str
