"""Tests of the module, against the real program: python -m unittest discover -s Scripts/python -t Scripts/python

FEDERATED names the program, or it is that of the checkout; without one the tests fail."""
