"""A proxy that does to the links of a page what a bad network or a bad server does: on purpose, and for real.

`python -m chaos --listen 8001 --upstream 8003 --control 8002 -- ./serve.sh 8003` forwards port 8001 to port 8003, where it
runs the server itself. `control.py` has the routes that say what should go wrong.
"""
