"""A Keras model in a run of --model mcmahan-2nn: keras_client.py URL ID DATA.npz (x_train, y_train)."""
import sys

import keras
import numpy as np

import federated


class KerasClient(federated.Client):
    def __init__(self, images, labels):
        self.images = images.reshape(len(images), -1).astype("float32") / 255
        self.labels, self.samples = labels, len(labels)
        self.model = keras.Sequential([
            keras.Input(self.images.shape[1:]), keras.layers.Dense(200, activation="relu"),
            keras.layers.Dense(200, activation="relu"), keras.layers.Dense(10, activation="softmax")])

    def get_parameters(self, config):
        return self.model.get_weights()

    def fit(self, parameters, config):
        self.model.set_weights(parameters)
        self.model.compile(keras.optimizers.SGD(config["learning_rate"]), "sparse_categorical_crossentropy")
        history = self.model.fit(self.images, self.labels, batch_size=config["batch_size"],
                                 epochs=int(config["epochs"]), verbose=0)
        return self.model.get_weights(), self.samples, {"loss": history.history["loss"][-1]}


if __name__ == "__main__":
    data = np.load(sys.argv[3])
    KerasClient(data["x_train"], data["y_train"]).join(sys.argv[1], int(sys.argv[2]))
