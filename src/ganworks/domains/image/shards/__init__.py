"""Shards: pictures in tar files of some thousands each, for data that is larger than memory.

pack.py    a data set -> shards            index.py   what is in them, and how they are named
read.py    shards -> a Dataset             scan.py    shards that others wrote, by their headers
stream.py  the training split, block by block, in an order that can be found again (blocks.py)
fill.py    a folder of shards that is filled by several processes and goes on where it stopped
"""
