"""Dive into Deep Learning: anchor boxes, IoU, assignment, offsets, non-maximum suppression, and a tiny detector."""

import torch
import torch.nn.functional as F
from torch import nn

torch.set_printoptions(2)
torch.manual_seed(1)


def multibox_prior(data, sizes, ratios):
    h, w = data.shape[-2:]
    n = len(sizes) + len(ratios) - 1
    st, rt = torch.tensor(sizes), torch.tensor(ratios)
    ch = (torch.arange(h) + 0.5) / h
    cw = (torch.arange(w) + 0.5) / w
    sy, sx = torch.meshgrid(ch, cw, indexing="ij")
    sy, sx = sy.reshape(-1), sx.reshape(-1)
    ww = torch.cat((st * torch.sqrt(rt[0]), sizes[0] * torch.sqrt(rt[1:]))) * h / w
    hh = torch.cat((st / torch.sqrt(rt[0]), sizes[0] / torch.sqrt(rt[1:])))
    manip = torch.stack((-ww, -hh, ww, hh)).T.repeat(h * w, 1) / 2
    grid = torch.stack([sx, sy, sx, sy], dim=1).repeat_interleave(n, dim=0)
    return (grid + manip).unsqueeze(0)


def box_iou(b1, b2):
    def area(b):
        return (b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1])

    lt = torch.max(b1[:, None, :2], b2[:, :2])
    rb = torch.min(b1[:, None, 2:], b2[:, 2:])
    i = (rb - lt).clamp(min=0)
    i = i[:, :, 0] * i[:, :, 1]
    return i / (area(b1)[:, None] + area(b2) - i)


def corner_to_center(b):
    x1, y1, x2, y2 = b[:, 0], b[:, 1], b[:, 2], b[:, 3]
    return torch.stack(((x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1), axis=-1)


def center_to_corner(b):
    cx, cy, w, h = b.unbind(-1)
    return torch.stack((cx - 0.5 * w, cy - 0.5 * h, cx + 0.5 * w, cy + 0.5 * h), axis=-1)


def assign(gt, anchors, thr=0.5):
    na, ng = anchors.shape[0], gt.shape[0]
    j = box_iou(anchors, gt)
    m = torch.full((na,), -1, dtype=torch.long)
    mx, ind = torch.max(j, dim=1)
    ai = torch.nonzero(mx >= thr).reshape(-1)
    m[ai] = ind[mx >= thr]
    col, row = torch.full((na,), -1.0), torch.full((ng,), -1.0)
    for _ in range(ng):
        k = torch.argmax(j)
        bi, an = (k % ng).long(), (k / ng).long()
        m[an] = bi
        j[:, bi] = col
        j[an, :] = row
    return m


def offset(anchors, bb, eps=1e-6):
    a, b = corner_to_center(anchors), corner_to_center(bb)
    return torch.cat([10 * (b[:, :2] - a[:, :2]) / a[:, 2:], 5 * torch.log(eps + b[:, 2:] / a[:, 2:])], axis=1)


def nms(boxes, scores, thr):
    B = torch.argsort(scores, dim=-1, descending=True)
    keep = []
    while B.numel() > 0:
        i = B[0]
        keep.append(i)
        if B.numel() == 1:
            break
        iou = box_iou(boxes[i, :].reshape(-1, 4), boxes[B[1:], :].reshape(-1, 4)).reshape(-1)
        B = B[torch.nonzero(iou <= thr).reshape(-1) + 1]
    return torch.tensor(keep)


Y = multibox_prior(torch.rand(1, 3, 8, 10), [0.75, 0.5, 0.25], [1, 2, 0.5])
print(Y.shape, Y.reshape(8, 10, 5, 4)[3, 3, 0])
gt = torch.tensor([[0, 0.1, 0.08, 0.52, 0.92], [1, 0.55, 0.2, 0.9, 0.88]])
an = torch.tensor(
    [
        [0, 0.1, 0.2, 0.3],
        [0.15, 0.2, 0.4, 0.4],
        [0.63, 0.05, 0.88, 0.98],
        [0.66, 0.45, 0.8, 0.8],
        [0.57, 0.3, 0.92, 0.9],
    ]
)
m = assign(gt[:, 1:], an)
print(m)
mask = (m >= 0).float().unsqueeze(-1).repeat(1, 4)
lab = torch.zeros(5, dtype=torch.long)
bb = torch.zeros(5, 4)
it = torch.nonzero(m >= 0)
lab[it] = gt[m[it], 0].long() + 1
bb[it] = gt[m[it], 1:]
print(lab, (offset(an, bb) * mask))
print(center_to_corner(corner_to_center(an)).allclose(an))
boxes = torch.tensor(
    [[0.1, 0.08, 0.52, 0.92], [0.08, 0.2, 0.56, 0.95], [0.15, 0.3, 0.62, 0.91], [0.55, 0.2, 0.9, 0.88]]
)
print(nms(boxes, torch.tensor([0.9, 0.8, 0.7, 0.9]), 0.5))


class Head(nn.Module):
    def __init__(s):
        super().__init__()
        s.body = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2))
        s.cls = nn.Conv2d(8, 5 * 3, 3, padding=1)
        s.box = nn.Conv2d(8, 5 * 4, 3, padding=1)

    def forward(s, x):
        f = s.body(x)

        def p(t, n):
            return torch.flatten(t.permute(0, 2, 3, 1), start_dim=1).reshape(x.shape[0], -1, n)

        return multibox_prior(f, [0.5, 0.3, 0.2], [1, 2, 0.5]), p(s.cls(f), 3), p(s.box(f), 4)


net = Head()
x = torch.rand(2, 3, 8, 8)
opt = torch.optim.SGD(net.parameters(), lr=0.1, weight_decay=5e-4)
for ep in range(5):
    opt.zero_grad()
    anc, c, b = net(x)
    mm = assign(gt[:, 1:], anc[0], 0.4)
    t = torch.where(mm >= 0, gt[mm.clamp(min=0), 0].long() + 1, 0)
    msk = (mm >= 0).float()[:, None]
    off = offset(anc[0], gt[mm.clamp(min=0), 1:]) * msk
    loss = F.cross_entropy(c.reshape(-1, 3), t.repeat(2), reduction="none").mean() + F.l1_loss(
        b * msk, off.expand(2, -1, -1) * msk
    )
    loss.backward()
    opt.step()
    print(f"{loss.item():.4f}", int((mm >= 0).sum()))
