"""Home: what this is, the next step, recent runs."""

import streamlit as st

from pages._app import baselines, controls, frame, state
from pages._app.text import label
from textcls_core.config import RunConfig
from textcls_core.dataset.builtin import BBC_NEWS
from textcls_core.runs.run import Run
from textcls_core.runs.store import new_run_id
from textcls_core.training.launch import start_run
from textcls_core.wording import ago, percent, plural

frame.require()

RUNS_SHOWN = 12
TOKEN = "home.demo_run_id"  # noqa: S105 - an idempotency token, not a secret


def start_demo() -> None:
    """Start the Fast preset on the embedded news articles; a second click finds the same run."""
    started = {run.run_id for run in state.run_store().active()}
    if st.session_state.get(TOKEN) not in started:
        st.session_state[TOKEN] = new_run_id()
    config = RunConfig.create({"dataset": BBC_NEWS, "preset": "fast", "name": "Demo on BBC News"})
    run = start_run(state.workspace(), config, st.session_state[TOKEN])
    state.set_parameter("watch", run.run_id)
    st.switch_page("pages/training.py", query_params={"watch": run.run_id})


def step(number: int, heading: str, status: str, page: str, link: str) -> None:
    """Show one of the three steps with its state and a link to its page."""
    with st.container(border=True, height="stretch"):
        st.markdown(f"**{number}. {heading}**")
        st.caption(status)
        controls.link(page, link, icon=":material/arrow_forward:")


def show_steps(runs: list[Run]) -> None:
    """Show data, training and inspection with what is there already."""
    infos = state.dataset_infos()
    active = [run for run in runs if run.status.is_active]
    finished = [run for run in runs if run.has_model]
    trained = f"{plural(len(finished), 'finished run')}, {len(active)} active"
    look = "Open the newest run" if finished else "Needs a finished run"
    grid = st.grid(3, min_column_width=220)
    columns = [grid.cell() for _ in range(3)]
    with columns[0]:
        count = plural(len(infos), "data set")
        step(1, "Look at the data", f"{count} ready", "pages/dataset.py", "Open the data")
    with columns[1]:
        step(2, "Fine-tune a model", trained, "pages/training.py", "Train a model")
    with columns[2]:
        step(3, "Inspect the mistakes", look, "pages/evaluation.py", "See the results")


def run_row(run: Run) -> dict[str, object]:
    """Return what the table shows of a run."""
    test = run.finished.get("test", {})
    return {
        "Run": run.config.title,
        "State": controls.status_cell(run.status),
        "Test accuracy": percent(test["accuracy"]) if test else "",
        **baselines.table_cells(run),
        "Data set": state.dataset_title(run),
        "Model": run.config.model,
        "Started": ago(run.created_at),
    }


def show_runs(runs: list[Run]) -> None:
    """Show the newest runs; choosing a row opens the run."""
    st.subheader("Recent runs", anchor=False)
    if not runs:
        st.caption("No run yet. Try the demo, or import your own data and train on it.")
        return
    shown = runs[:RUNS_SHOWN]
    ids = [run.run_id for run in shown]
    if st.session_state.get("home.shown", ids) != ids:  # a new run moves the selected row
        st.session_state.pop("home.runs", None)
    st.session_state["home.shown"] = ids
    event = st.dataframe(
        [run_row(run) for run in shown],
        hide_index=True,
        column_config={
            "State": controls.status_column(),
            **dict.fromkeys(
                ("Test accuracy", *baselines.COLUMNS.values(), baselines.DIFFERENCE), controls.RIGHT
            ),
        },
        on_select="rerun",
        selection_mode="single-row",
        key="home.runs",
        alt="Recent runs with their state and their test accuracy against the best baseline",
    )
    st.caption(
        f"Showing {len(shown)} of {len(runs)}. Select a row to open its run. Majority, TF-IDF and "
        "Frozen: test accuracy of the baselines (Frozen on 2,000 rows at most)."
    )
    for position in event["selection"]["rows"]:
        open_run(shown[position])


def open_run(run: Run) -> None:
    """Offer the pages of a run."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(run.config.title)
        controls.status_badge(run.status)
        watch, view = {"watch": run.run_id}, {"run": run.run_id}
        controls.link("pages/training.py", "Progress", **watch)
        if run.has_model:
            controls.link("pages/evaluation.py", "Evaluation", **view)
            controls.link("pages/evaluation.py", "Compare", **view, panel="Compare")
            controls.link("pages/mistakes.py", "Mistakes", **view)
            controls.link("pages/explanation.py", "Attention", **view)


st.title("TextCLS Studio", anchor=False)
st.caption(
    "Fine-tune a pretrained transformer to classify text, watch it learn, see where it is wrong."
)
all_runs = state.run_store().runs()
show_steps(all_runs)
with st.container(horizontal=True, vertical_alignment="center"):
    if st.button("Try the demo", type="primary", icon=":material/play_arrow:"):
        start_demo()
    st.caption(
        f"Fine-tunes MiniLM on {label(BBC_NEWS)} (2,127 articles, 5 classes), offline; "
        "a few minutes on two CPU cores."
    )
show_runs(all_runs)
