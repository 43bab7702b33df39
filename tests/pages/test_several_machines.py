"""A run on several machines on the Train page."""

import os

from tests.pages.conftest import make_run, shown


def test_training_on_several_machines_shows_the_command_of_each(
    open_page, workspace, toy_dataset, hold_lock, monkeypatch
):
    run = make_run(workspace, "toy", toy_dataset, {}, num_nodes=2)
    (run.folder / "finished.json").unlink()
    hold_lock(run.lock_file)
    commands = ["torchrun --node-rank 0", "torchrun --node-rank 1"]
    monkeypatch.setattr(
        "textcls_core.training.launch.node_commands", lambda _: commands, raising=False
    )

    app = open_page("training", watch=run.run_id)

    assert app.code[0].value == "\n".join(commands)


def test_training_on_several_machines_waits_for_them_for_as_long_as_it_takes(
    open_page, workspace, toy_dataset
):
    run = make_run(workspace, "toy", toy_dataset, {}, num_nodes=2)
    for name in ("finished.json", "environment.json", "started.json", "history.jsonl"):
        (run.folder / name).unlink(missing_ok=True)
    os.utime(run.folder / "config.json", (0, 0))

    app = open_page("training", watch=run.run_id)

    assert app.code[0].value.count("torchrun") == 2
    assert "Waiting for its machines; nothing starts by itself." in shown(app.info)
    assert any("waiting for its machines" in text for text in shown(app.sidebar.caption))
