"""A PyTorch model in a run of --model mcmahan-2nn: torch_client.py URL ID DATA.npz (x_train, y_train)."""
import sys

import numpy as np
import torch
from torch import nn

import federated


class TorchClient(federated.Client):
    def __init__(self, images, labels):
        self.images = torch.from_numpy(images.reshape(len(images), -1).astype("float32") / 255)
        self.labels, self.samples = torch.from_numpy(labels.astype("int64")), len(labels)
        sizes = [self.images.shape[1], 200, 200, 10]
        layers = [part for pair in zip(sizes, sizes[1:]) for part in (nn.Linear(*pair), nn.ReLU())]
        self.model = nn.Sequential(*layers[:-1])

    def get_parameters(self, config):  # PyTorch's kernels are [out][in], the run's [in][out]
        return [own.detach().numpy().T for own in self.model.parameters()]

    def fit(self, parameters, config):
        with torch.no_grad():
            for own, given in zip(self.model.parameters(), parameters):
                own.copy_(torch.from_numpy(given.T))
        optimizer = torch.optim.SGD(self.model.parameters(), lr=config["learning_rate"])
        for _ in range(int(config["epochs"])):
            for batch in torch.randperm(self.samples).split(config["batch_size"]):
                optimizer.zero_grad()
                loss = nn.functional.cross_entropy(self.model(self.images[batch]), self.labels[batch])
                loss.backward()
                optimizer.step()
        return self.get_parameters(config), self.samples, {"loss": loss.item()}


if __name__ == "__main__":
    data = np.load(sys.argv[3])
    TorchClient(data["x_train"], data["y_train"]).join(sys.argv[1], int(sys.argv[2]))
