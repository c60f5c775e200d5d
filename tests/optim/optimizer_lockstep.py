"""Steps of one optimizer under numpynet and under torch, from the same state, side by side."""

import numpy as np

import numpynet


def lockstep(torch, make, arrays, gradients, bound, state_bound):
    """Runs an optimizer under both libraries and compares parameters and state after every step.

    make(library, parameters): the optimizer. arrays: the parameters at the start. gradients: for each step, one
    array for each parameter. bound(θ, g, state, new): how far each element of a parameter may be from torch's
    after a step; from torch's arrays before the step, and its parameter after. state_bound(θ, g, before, new): the
    same for an array of the state, which is None before the first step. Before each step numpynet gets torch's
    parameters and, through state_dict, its state, so that no difference builds up.
    """
    theirs = [torch.tensor(array, requires_grad=True) for array in arrays]
    ours = [numpynet.tensor(array, requires_grad=True) for array in arrays]
    reference, optimizer = make(torch, theirs), make(numpynet, ours)
    for step in gradients:
        before = [parameter.detach().numpy().copy() for parameter in theirs]
        states = [array_state(reference.state[parameter]) for parameter in theirs]
        for parameter, twin, array, gradient in zip(theirs, ours, before, step, strict=True):
            twin.data = numpynet.tensor(array)
            parameter.grad, twin.grad = torch.tensor(gradient), numpynet.tensor(gradient)
        optimizer.load_state_dict(from_torch(reference.state_dict()))
        reference.step()
        optimizer.step()
        for parameter, twin, θ, g, state in zip(theirs, ours, before, step, states, strict=True):
            allowed = bound(θ, g, state, parameter.detach().numpy())
            close(twin.detach().numpy(), parameter.detach().numpy(), allowed)
            assert np.array_equal(twin.grad.numpy(), g), "the step changed the gradient"
            had, made = array_state(reference.state[parameter]), array_state(optimizer.state[twin])
            assert list(made) == list(had)
            for name in had:
                assert made[name].dtype == had[name].dtype
                allowed = 0 if name == "step" else state_bound(θ, g, state.get(name), had[name])
                close(made[name], had[name], allowed)


def close(ours, theirs, allowed):
    """Equal where torch has infinities or NaN, within `allowed` elsewhere."""
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    finite = np.isfinite(theirs)
    assert np.array_equal(ours[~finite], theirs[~finite], equal_nan=True)
    difference = np.abs(ours[finite].astype(np.float64) - theirs[finite].astype(np.float64))
    excess = difference > np.broadcast_to(allowed, theirs.shape)[finite]
    assert not excess.any(), (ours[finite][excess], theirs[finite][excess])


def array_state(state):
    """The tensors of a parameter's state, as arrays."""
    return {name: np.array(value.detach().numpy()) for name, value in state.items() if value is not None}


def from_torch(state_dict):
    """torch's state_dict with numpynet's tensors in place of torch's."""
    state = {
        number: {name: numpynet.tensor(array) for name, array in array_state(parameter).items()}
        for number, parameter in state_dict["state"].items()
    }
    return {"state": state, "param_groups": state_dict["param_groups"]}
