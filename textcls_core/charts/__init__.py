"""Results in, chart out; no Streamlit."""
