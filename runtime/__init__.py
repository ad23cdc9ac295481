"""NumPy inference from an artefact: rotation maths, crops, detector, sessions, estimator. No torch at import."""
