"""What can happen to the app while it works, done to it: kills, full disks, wrong clocks, locks, and many hands."""
