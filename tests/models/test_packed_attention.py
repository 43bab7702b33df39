"""Attention inside each sequence of a packed row, and its gradients."""

import pytest
import torch
from torch.nn import functional

from textcls_core.models.packed_attention import pack, packed_attention

HEADS, WIDTH = 4, 8
LENGTHS = [[1], [64], [512], [513], [1, 9, 16, 40, 41, 128, 129], [90, 7, 7, 600, 300, 300, 5]]
BF16_GAP = 0.03
"""Values of bfloat16 have eight binary digits."""


def attended_with_gradients(projections, batch, **options):
    leaves = [projection.clone().requires_grad_() for projection in projections]
    attended, weights = packed_attention(
        torch.nn.Identity(), *leaves, None, packed=batch, **options
    )
    assert weights is None
    pull = torch.linspace(-1, 1, attended.numel()).view_as(attended).to(attended.dtype)
    return [attended.detach(), *torch.autograd.grad(attended, leaves, pull)]


def one_by_one(projections, lengths, scale):
    """Compute what is expected with torch's own function, sequence by sequence."""
    parts = zip(*(torch.split(projection, lengths, 2) for projection in projections), strict=True)
    attended = [functional.scaled_dot_product_attention(*part, scale=scale) for part in parts]
    return torch.cat(attended, 2).transpose(1, 2)


def random_projections(num_tokens):
    generator = torch.Generator().manual_seed(0)
    return [
        torch.randn(1, num_tokens, HEADS, WIDTH, generator=generator).transpose(1, 2)
        for _ in range(3)
    ]


@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
@pytest.mark.parametrize("scale", [None, 0.5])
@pytest.mark.parametrize(("dtype", "gap"), [(torch.float32, 1e-5), (torch.bfloat16, BF16_GAP)])
def test_attention_and_gradients_equal_those_of_each_sequence_alone(lengths, scale, dtype, gap):
    projections = random_projections(sum(lengths))
    batch = pack([torch.zeros(n, dtype=torch.long) for n in lengths], 0, "cpu")
    found = attended_with_gradients([p.to(dtype) for p in projections], batch, scaling=scale)
    leaves = [projection.clone().requires_grad_() for projection in projections]
    expected = one_by_one(leaves, lengths, scale)
    pull = torch.linspace(-1, 1, expected.numel()).view_as(expected)
    expected = [expected.detach(), *torch.autograd.grad(expected, leaves, pull)]
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.dtype == dtype
        assert (ours.float() - theirs).norm() <= gap * theirs.norm() + gap * 1e-3


def test_a_local_window_limits_what_a_token_sees_in_bf16_too():
    projections = [p.bfloat16() for p in random_projections(90)]
    batch = pack([torch.zeros(90, dtype=torch.long)], 0, "cpu")
    near = attended_with_gradients(projections, batch, sliding_window=3)[0]
    changed = [p.clone() for p in projections]
    changed[2][:, :, 50:] += 5.0
    after = attended_with_gradients(changed, batch, sliding_window=3)[0]
    assert torch.equal(near[:, :48], after[:, :48])
    assert not torch.equal(near[:, 48], after[:, 48])
