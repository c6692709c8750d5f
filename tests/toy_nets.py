"""Tiny networks (N, 4, 24) -> (N, 1), one for each way of writing a layer that has led an attribution library astray."""
import torch
import torch.nn.functional as F
from torch import nn

LENGTH = 24
WIDTH = 6


class Fn(nn.Module):
    "A plain function as a layer."
    def __init__(self, f):
        super().__init__()
        self.f = f

    def forward(self, x): return self.f(x)


class SubReLU(nn.ReLU):
    "A subclass that libraries do not find in their tables."


class Reused(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.act, self.head = conv(), conv(WIDTH), nn.ReLU(), head()

    def forward(self, x): return self.head(self.act(self.b(self.act(self.a(x)))))


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.f, self.g, self.head = conv(), conv(WIDTH), nn.ReLU(), nn.ReLU(), head()

    def forward(self, x):
        z = self.f(self.a(x))
        return self.head(self.g(self.b(z) + z))


class Gate(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.squash, self.head = conv(), conv(), nn.Sigmoid(), head()

    def forward(self, x): return self.head(self.a(x) * self.squash(self.b(x)))


class Attention(nn.Module):
    def __init__(self, batch_first=True):
        super().__init__()
        self.a, self.attend, self.head, self.batch_first = conv(), nn.MultiheadAttention(WIDTH, 2, batch_first=batch_first), head(), batch_first

    def forward(self, x):
        z = self.a(x).transpose(1, 2)
        z = z if self.batch_first else z.transpose(0, 1)
        z = self.attend(z, z, z, need_weights=not self.batch_first)[0]
        return self.head(z if self.batch_first else z.transpose(0, 1))


class MaskedAttention(nn.Module):
    "Every position sees only those before it: the logits hold minus infinity."
    def __init__(self):
        super().__init__()
        self.q, self.k, self.v, self.head = conv(), conv(), conv(), head()

    def forward(self, x):
        logits = self.q(x).transpose(1, 2) @ self.k(x)
        later = torch.ones(x.shape[2], x.shape[2], dtype=torch.bool, device=x.device).triu(1)
        return self.head(self.v(x) @ logits.masked_fill(later, float("-inf")).softmax(-1).transpose(1, 2))


class AttentionPool(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.w, self.share, self.out = conv(), nn.Conv1d(4, 1, 1), nn.Softmax(-1), nn.Linear(WIDTH, 1)

    def forward(self, x): return self.out((self.a(x) * self.share(3 * self.w(x))).sum(-1))


class Recurrent(nn.Module):
    def __init__(self, kind, layers=1):
        super().__init__()
        self.r = kind(4, 5, layers, batch_first=True, bidirectional=True, dropout=.2 if layers > 1 else 0)
        self.out = nn.Linear(10, 1)

    def forward(self, x): return self.out(self.r(x.transpose(1, 2))[0].mean(1))


class SequenceFirst(nn.Module):
    "Activations whose first axis is the position, not the item."
    def __init__(self):
        super().__init__()
        self.a, self.act, self.head = conv(), nn.ReLU(), head()

    def forward(self, x): return self.head(self.act(self.a(x).permute(2, 0, 1)).permute(1, 2, 0))


class Tower(nn.Module):
    "A dilated residual block with norm and GELU."
    def __init__(self, dilation):
        super().__init__()
        self.body = nn.Sequential(nn.BatchNorm1d(WIDTH), nn.GELU(), nn.Conv1d(WIDTH, WIDTH, 3, padding=dilation, dilation=dilation))

    def forward(self, z): return z + self.body(z)


class BothStrands(nn.Module):
    "The same detector on both strands, the better one counts."
    def __init__(self):
        super().__init__()
        self.a, self.out = conv(), nn.Linear(WIDTH, 1)

    def forward(self, x):
        forth, back = self.a(x), self.a(x.flip((1, 2))).flip(-1)
        return self.out(torch.maximum(forth, back).relu().amax(-1))


class Mixer(nn.Module):
    "einsum of two learned maps, with a slice written in place."
    def __init__(self):
        super().__init__()
        self.a, self.b, self.head = conv(), conv(), head(WIDTH * WIDTH)

    def forward(self, x):
        z = self.a(x)
        z[:, :, :3] = 0
        z[:, 1] += z[:, 0]
        return self.head(torch.einsum("ncl,ndl->ncd", z, self.b(x).tanh()))


class Branching(nn.Module):
    "Reads a number to choose its way: cannot be unfolded, but its modules can be hooked."
    def __init__(self):
        super().__init__()
        self.a, self.act, self.head = conv(), nn.ReLU(), head()

    def forward(self, x): return self.head(self.act(self.a(x))) if float(x.detach().sum()) > -1 else x.sum((1, 2))[:, None]


def conv(channels=4, width=WIDTH): return nn.Conv1d(channels, width, 5, padding=2)
def head(n=WIDTH * LENGTH): return nn.Sequential(nn.Flatten(), nn.Linear(n, 1))
def net(*layers, n=WIDTH * LENGTH): return nn.Sequential(conv(), *layers, head(n))
def fn(f, n=WIDTH * LENGTH): return net(Fn(f), n=n)


def swap(z): return z.transpose(1, 2)


TOYS = {
    "linear": lambda: net(),
    "relu": lambda: net(nn.ReLU()),
    "mlp": lambda: nn.Sequential(nn.Flatten(), nn.Linear(4 * LENGTH, 12), nn.ReLU(), nn.Linear(12, 6), nn.Tanh(), nn.Linear(6, 1)),
    "batchnorm": lambda: net(nn.BatchNorm1d(WIDTH), nn.ReLU()),
    "residual": Residual,
    "elu_softplus": lambda: net(nn.ELU(), conv(WIDTH), nn.Softplus()),
    "leaky_sigmoid": lambda: net(nn.LeakyReLU(), nn.Sigmoid()),
    "avgpool": lambda: net(nn.ReLU(), nn.AvgPool1d(4), n=WIDTH * 6),
    "dropout": lambda: net(nn.ReLU(), nn.Dropout(.5)),
    # layers
    "maxpool": lambda: net(nn.ReLU(), nn.MaxPool1d(4), n=WIDTH * 6),
    "maxpool_overlap": lambda: net(nn.ReLU(), nn.MaxPool1d(4, 2), n=WIDTH * 11),
    "maxpool_ceil_dilated": lambda: net(nn.ReLU(), nn.MaxPool1d(3, 2, dilation=2, ceil_mode=True), n=WIDTH * 11),
    "adaptive_max": lambda: net(nn.ReLU(), nn.AdaptiveMaxPool1d(5), n=WIDTH * 5),
    "global_max": lambda: net(nn.ReLU(), nn.AdaptiveMaxPool1d(1), n=WIDTH),
    "gelu": lambda: net(nn.GELU()),
    "silu": lambda: net(nn.SiLU()),
    "mish_hardswish": lambda: net(nn.Mish(), nn.Hardswish()),
    "prelu": lambda: net(nn.PReLU(WIDTH)),
    "relu_then_tanh": lambda: net(nn.ReLU(), nn.Tanh()),
    "layernorm": lambda: net(Fn(swap), nn.LayerNorm(WIDTH), nn.ReLU()),
    "rmsnorm": lambda: net(Fn(swap), nn.RMSNorm(WIDTH), nn.ReLU()),
    "groupnorm": lambda: net(nn.GroupNorm(2, WIDTH), nn.ReLU()),
    "instancenorm": lambda: net(nn.InstanceNorm1d(WIDTH, affine=True), nn.ReLU()),
    "softmax_length": lambda: net(nn.Softmax(-1)),
    "logsoftmax": lambda: net(nn.LogSoftmax(1)),
    "glu": lambda: nn.Sequential(conv(4, 2 * WIDTH), nn.GLU(1), head()),
    "lstm": lambda: Recurrent(nn.LSTM),
    "gru_two_layers": lambda: Recurrent(nn.GRU, 2),
    "rnn": lambda: Recurrent(nn.RNN),
    "attention": Attention,
    "attention_weights_sequence_first": lambda: Attention(False),
    "attention_masked": MaskedAttention,
    "attention_pool": AttentionPool,
    "transformer": lambda: net(Fn(swap), nn.TransformerEncoderLayer(WIDTH, 2, 16, batch_first=True)),
    # ways of writing
    "functional": lambda: fn(F.relu),
    "recreated": lambda: fn(lambda z: nn.ReLU()(z)),
    "method": lambda: fn(lambda z: z.relu()),
    "clamp": lambda: fn(lambda z: z.clamp(min=0)),
    "inplace": lambda: net(nn.ReLU(inplace=True)),
    "inplace_function": lambda: fn(torch.relu_),
    "subclass": lambda: net(SubReLU()),
    "reused": Reused,
    "sequence_first": SequenceFirst,
    "where": lambda: fn(lambda z: torch.where(z > 0, z, .1 * z)),
    "mask": lambda: fn(lambda z: z * (z > 0)),
    "masked_fill": lambda: fn(lambda z: z.masked_fill(z < 0, 0.)),
    "weight_norm": lambda: nn.Sequential(nn.utils.parametrizations.weight_norm(conv()), nn.ReLU(), head()),
    # operations
    "exp": lambda: fn(torch.exp),
    "square": lambda: fn(lambda z: z ** 2),
    "self_product": lambda: fn(lambda z: z * z),
    "gate": Gate,
    "both_strands": BothStrands,
    "mixer": Mixer,
    "dilated_residual_tower": lambda: nn.Sequential(conv(), *[Tower(d) for d in (1, 2, 4)], nn.AdaptiveAvgPool1d(1), head(WIDTH)),
    "depthwise_separable": lambda: net(nn.Conv1d(WIDTH, WIDTH, 3, padding=1, groups=WIDTH), nn.GELU(), nn.Conv1d(WIDTH, WIDTH, 1), nn.ReLU()),
    "small_numbers": lambda: fn(lambda z: (1e-4 * z).exp().log() * 1e4),
    "quotient": lambda: fn(lambda z: z / (1 + z.abs().sum(1, keepdim=True))),
    "normalize": lambda: fn(lambda z: F.normalize(z, dim=1)),
    "std": lambda: fn(lambda z: z.std(-1), n=WIDTH),
    "logsumexp": lambda: fn(lambda z: z.logsumexp(-1), n=WIDTH),
    "max_dim": lambda: fn(lambda z: z.max(-1).values, n=WIDTH),
    "amax_two_axes": lambda: nn.Sequential(conv(), Fn(lambda z: z.view(len(z), 2, 3, -1).amax((2, 3))), nn.Linear(2, 1)),
    "min_and_amin": lambda: fn(lambda z: z.amin(1, keepdim=True) + z.min(2, keepdim=True).values + z),
    "maximum": lambda: fn(lambda z: torch.maximum(z, z.roll(1, 1)) - torch.minimum(z, z.roll(2, 2))),
    "kmax": lambda: fn(lambda z: z.topk(3, -1).values, n=3 * WIDTH),
    "kmin": lambda: fn(lambda z: z.topk(3, 1, largest=False).values, n=3 * LENGTH),
    "sort": lambda: fn(lambda z: z.sort(1).values),
}

ODD = {  # no implementation is complete on these: a warning must name the operation
    "prod": lambda: fn(lambda z: (z.sigmoid() + .5).prod(-1), n=WIDTH),
    "cumprod": lambda: fn(lambda z: (z.sigmoid() + .5).cumprod(-1)),
}


def build(name, seed=0):
    "The toy called `name`, its weights drawn from `seed`, in evaluation mode."
    torch.manual_seed(seed)
    return (TOYS | ODD | {"branching": Branching})[name]().eval()


def sequences(n=4, seed=1, length=LENGTH):
    "n random DNA strings."
    draw = torch.randint(0, 4, (n, length), generator=torch.Generator().manual_seed(seed))
    return ["".join("ACGT"[i] for i in row) for row in draw.tolist()]
