"""The science of Padding Lab. Imports no Streamlit; `python -m core TOPIC` runs it headless."""
