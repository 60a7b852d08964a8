"""Fashion-MNIST trained by PyTorch with shardgrad's recipe: 784-128-10, relu, He's initialization, softmax + cross-entropy, Adam along half a cosine.

Usage: python3 fashion_mnist.py DIRECTORY THREADS EPOCHS BATCH_SIZE LEARNING_RATE SEED
Reads the four IDX files in DIRECTORY; prints a JSON line: {"peer", "version", "threads", "seconds", "accuracy"}; seconds of training alone.
Debian: apt-get install python3-torch dataset-fashion-mnist
"""
import gzip, json, math, os, sys, time
directory, threads, epochs, size, rate, seed = sys.argv[1], *map(int, sys.argv[2:5]), float(sys.argv[5]), int(sys.argv[6])
os.environ.update(OPENBLAS_NUM_THREADS=str(threads), OMP_NUM_THREADS=str(threads), OMP_WAIT_POLICY="PASSIVE")
import numpy as np, torch
torch.set_num_threads(threads); torch.manual_seed(seed)

def idx(name):
    path = os.path.join(directory, name)
    with (open(path, "rb") if os.path.exists(path) else gzip.open(path + ".gz")) as file: data = file.read()
    shape = np.frombuffer(data, ">i4", data[3], 4)
    return torch.from_numpy(np.frombuffer(data, np.uint8, -1, 4 + 4 * data[3]).reshape(shape).copy())

def read(prefix):
    return idx(prefix + "-images-idx3-ubyte").reshape(-1, 784).float() / 255, idx(prefix + "-labels-idx1-ubyte").long()

(x, y), (test_x, test_y) = read("train"), read("t10k")
net = torch.nn.Sequential(torch.nn.Linear(784, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10))
for layer in (net[0], net[2]):
    torch.nn.init.normal_(layer.weight, std=math.sqrt(2 / layer.in_features)); torch.nn.init.zeros_(layer.bias)
steps = epochs * math.ceil(len(x) / size)
optimizer = torch.optim.Adam(net.parameters(), lr=rate); loss = torch.nn.CrossEntropyLoss()
schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: (1 + math.cos(math.pi * step / steps)) / 2)
started = time.perf_counter()
for _ in range(epochs):
    for rows in torch.randperm(len(x)).split(size):
        optimizer.zero_grad(set_to_none=True); loss(net(x[rows]), y[rows]).backward(); optimizer.step(); schedule.step()
seconds = time.perf_counter() - started
with torch.no_grad(): accuracy = (net(test_x).argmax(1) == test_y).float().mean().item()
print(json.dumps(dict(peer="torch", version=torch.__version__, threads=threads, seconds=round(seconds, 2), accuracy=round(accuracy, 4))))
