"""torch.utils.data: datasets, samplers, and batches of them."""

from numpynet.core.absence import asked
from numpynet.utils.data.collate import default_collate, default_convert
from numpynet.utils.data.dataloader import DataLoader, get_worker_info
from numpynet.utils.data.dataset import (
    ChainDataset,
    ConcatDataset,
    Dataset,
    IterableDataset,
    StackDataset,
    Subset,
    TensorDataset,
    random_split,
)
from numpynet.utils.data.sampler import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)

__all__ = [
    "BatchSampler",
    "ChainDataset",
    "ConcatDataset",
    "DataLoader",
    "Dataset",
    "DistributedSampler",
    "IterableDataset",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "StackDataset",
    "Subset",
    "SubsetRandomSampler",
    "TensorDataset",
    "WeightedRandomSampler",
    "default_collate",
    "default_convert",
    "get_worker_info",
    "random_split",
]

__getattr__ = asked(__name__, "distributed", later={f"{__name__}.distributed": "DistributedSampler"})


def __dir__() -> list[str]:
    """What completion shows."""
    return __all__
