"""An app for Flower: FedAvg as it comes, over nodes that may be `federated flower-node`."""
