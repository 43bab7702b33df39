"""Processes that outlive the page: started detached, alive while their lock is held."""
