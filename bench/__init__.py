"""`make bench`: speeds as ratios, each pair measured in one run on this machine."""
