"""Both ways of finding near-duplicates, each timed in a process of its own."""

import time

from bench.jobs import NearFound, NearJob
from bench.memory import peak_memory_bytes
from bench.near_data import plant


def find_pairs(job: NearJob) -> NearFound:
    """Find the near-duplicates among planted texts; making the texts is not timed."""
    texts = plant(job.num_rows, job.seed).texts
    find = _ours if job.engine == "ours" else _datasketch
    find(plant(200, job.seed).texts, job.threshold)  # imports and tables
    start = time.perf_counter()
    pairs = find(texts, job.threshold)
    seconds = time.perf_counter() - start
    return NearFound(seconds=seconds, pairs=tuple(pairs), peak_memory_bytes=peak_memory_bytes())


def _ours(texts: list[str], threshold: float) -> list[tuple[int, int]]:
    from textcls_core.dataset.near_duplicates import near_duplicate_pairs

    found = near_duplicate_pairs(texts, threshold)
    return list(zip(found.first.tolist(), found.second.tolist(), strict=True))


def _datasketch(texts: list[str], threshold: float) -> list[tuple[int, int]]:
    """Return pairs as datasketch's guide finds them: words, 128 permutations, its fastest calls."""
    from datasketch import MinHash, MinHashLSH

    words = [[word.strip(",.!").encode() for word in text.lower().split()] for text in texts]
    sketches = MinHash.bulk(words, num_perm=128)
    index = MinHashLSH(threshold=threshold, num_perm=128)
    with index.insertion_session() as session:
        for position, sketch in enumerate(sketches):
            session.insert(position, sketch, check_duplication=False)
    pairs = []
    for position, sketch in enumerate(sketches):
        pairs += [(position, other) for other in index.query(sketch) if other > position]
    return pairs
