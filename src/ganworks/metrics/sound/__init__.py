"""What only sounds have: spectra, pitch, loudness."""
