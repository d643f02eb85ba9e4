"""Where chunks run: local processes now. Never what runs: that is the engines' business."""
