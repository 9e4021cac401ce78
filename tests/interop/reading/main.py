"""All cases, or those of the parts named."""
import importlib
import sys

import bench
import people

PARTS = ["wrappers", "structure", "senders", "layers", "headers", "process", "others"]

people.make()
for part in sys.argv[1:] or PARTS:
    importlib.import_module(part).all()
bench.finish()
