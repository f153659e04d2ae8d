"""Videos and folders of frames through a model: as many frames out as in, each at its own time, the sound as it was.

Level 0 draws every frame by itself; a recurrent model takes what it drew last along.
"""
