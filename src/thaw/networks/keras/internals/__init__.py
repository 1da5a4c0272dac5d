"""What Thaw takes from the insides of Keras, KerasHub and TensorFlow, and nothing else in this engine does.

Each module names what it takes, why no public way serves, and the upstream issue where there is one. All were tried
with keras 3.15.1, keras-hub 0.32.0 and tensorflow 2.21.0. `tests/networks/keras/test_keras_internals.py` has a test for
each that fails as soon as the inside changes or is no longer needed.
"""
