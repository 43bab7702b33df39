"""The public data sets in ../shared/data, or files of the same shape where that folder is absent.

The stand-ins have as many rows, classes, duplicates and leaks as the originals, so that a test
checks the same numbers on both.
"""

from pathlib import Path

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
SCRIPTS = ("eng_Latn", "zho_Hans", "arb_Arab")
_WORDS = {"eng_Latn": "The bus is late", "zho_Hans": "公交车晚点了", "arb_Arab": "تأخرت الحافلة"}
_SIB_CLASSES = (
    "entertainment", "geography", "health", "politics",
    "science/technology", "sports", "travel",
)  # fmt: skip


def sms_spam(folder: Path) -> Path:
    """Return the SMS Spam Collection: no header, a tab, quotes that mean nothing."""
    file = SHARED / "sms_spam" / "SMSSpamCollection"
    return file if file.exists() else sms_spam_stand_in(folder)


def banking77(folder: Path) -> tuple[Path, Path]:
    """Return the training and the test file of Banking77."""
    files = SHARED / "banking77" / "train.csv", SHARED / "banking77" / "test.csv"
    return files if files[0].exists() else banking77_stand_in(folder)


def sib200(folder: Path, script: str) -> Path:
    """Return the training file of SIB-200 in one script."""
    file = SHARED / "sib200" / script / "train.tsv"
    return file if file.exists() else sib200_stand_in(folder, script)


def sms_spam_stand_in(folder: Path) -> Path:
    """Write 5,574 messages, 747 of them spam, 414 repeated, some with a single quote sign."""
    shapes = (
        'Call me {n} "now',
        '"Free {n} entry',
        'He said "ok {n}"',
        "Go {n}, crazy.. \u00a31.50",
    )
    messages = [shapes[n % 4].format(n=n) for n in range(5_160)]
    messages += [f"{message} " for message in messages[:11]] + messages[11:414]
    labels = ["spam" if 414 <= n < 1_161 else "ham" for n in range(5_574)]
    lines = [f"{label}\t{message}" for label, message in zip(labels, messages, strict=True)]
    return _write(folder / "SMSSpamCollection", lines)


def banking77_stand_in(folder: Path) -> tuple[Path, Path]:
    """Write 10,003 and 3,080 questions in 77 classes, six of them in both files."""
    names = [f"intent_{c:02}" for c in range(77)]
    train = [f'"Where, please, is card {n}?\n",{names[n % 77]}' for n in range(10_003)]
    test = [f"How do I top up {n}?,{names[n % 77]}" for n in range(3_080)]
    test[:6] = [f'"Where, please, is card {n}?",{names[n]}' for n in range(6)]
    header = "text,category"
    return (
        _write(folder / "train.csv", [header, *train]),
        _write(folder / "test.csv", [header, *test]),
    )


def sib200_stand_in(folder: Path, script: str) -> Path:
    """Write 701 sentences in seven classes."""
    lines = [f"{n}\t{_SIB_CLASSES[n % 7]}\t{_WORDS[script]}, {n}" for n in range(701)]
    return _write(folder / f"{script}.tsv", ["index_id\tcategory\ttext", *lines])


def _write(file: Path, lines: list[str]) -> Path:
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file
