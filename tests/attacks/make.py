#!/usr/bin/env python3
"""Makes the corpus of attack messages: tests/attacks/make.py FOLDER.

After the published classes: attacks on CMS and on who signed ("Johnny, you are fired", USENIX Security
2019), direct exfiltration and malleability gadgets (EFAIL, USENIX Security 2018), decryption and signing
oracles by covert content, replay. FOLDER gets certificates and keys, the messages, and index.json, which
says of each what it is and what has to come of it.
"""
import json
import os
import sys

import kit

os.makedirs(sys.argv[1], exist_ok=True)
os.chdir(sys.argv[1])
kit.people()
for part in ("cms", "mime", "identity", "efail"):
    __import__(part).all()
with open("index.json", "w", encoding="utf-8") as index:
    json.dump(kit.messages, index, indent=1)
print(f"{len(kit.messages)} messages")
