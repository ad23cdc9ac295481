"""Small and fast files from a float network: calibration, friendlier weights, and one quantiser a target."""
