// What an experiment needs, by one import.
@_exported import Compression
@_exported import Datasets
@_exported import Experiments
@_exported import ExternalRules
@_exported import Federation
@_exported import FederationStore
@_exported import NeuralNetworks
@_exported import Parameters
@_exported import Privacy
@_exported import Robust
@_exported import Training
