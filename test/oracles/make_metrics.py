# Metrics as scikit-learn has them (Debian's python3-sklearn, 1.2.1), of made-up outputs.
# python3 make_metrics.py > metrics.json
import json, sys, warnings
import numpy as np
from sklearn import metrics as m

warnings.simplefilter('ignore')
cases = []


def add(name, answers, outputs, targets, values):
    cases.append({'name': name, 'answers': answers, 'columns': outputs.shape[1],
                  'outputs': outputs.ravel().tolist(), 'targets': targets.ravel().tolist(),
                  'metrics': {key: float(value) for key, value in values.items()}})


def one_hot(labels, classes):
    return np.eye(classes)[labels]


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def classes(name, labels, p):
    """One of several classes; scores over all classes, absent ones too."""
    n = p.shape[1]
    every = list(range(n))
    put = p.argmax(axis=1)
    y = one_hot(labels, n)
    present = [c for c in every if 0 < (labels == c).sum() < len(labels)]
    macro = dict(labels=every, average='macro', zero_division=0)
    add(name, 'oneClass', p, y, {
        'accuracy': m.accuracy_score(labels, put),
        'precision': m.precision_score(labels, put, **macro),
        'recall': m.recall_score(labels, put, **macro),
        'f1': m.f1_score(labels, put, **macro),
        'logLoss': m.log_loss(labels, p, labels=every),
        'auc': np.mean([m.roc_auc_score(labels == c, p[:, c]) for c in present]),
        'meanAbsoluteError': m.mean_absolute_error(y, p),
        'rootMeanSquaredError': m.mean_squared_error(y, p, squared=False),
        'r2': m.r2_score(y, p),
    })
    if len(present) == n:
        assert abs(cases[-1]['metrics']['auc'] - m.roc_auc_score(labels, p, multi_class='ovr', labels=every)
                   if n > 2 and np.allclose(p.sum(axis=1), 1) else 0) < 1e-15


def questions(name, y, p):
    """A yes-or-no question for each column."""
    put = (p >= 0.5).astype(int)
    judged = [j for j in range(y.shape[1]) if 0 < y[:, j].sum() < len(y)]
    scores = lambda of: np.mean([of(y[:, j], put[:, j], zero_division=0) for j in range(y.shape[1])])
    add(name, 'yesOrNo', p, y, {
        'accuracy': (put == y).mean(),
        'precision': scores(m.precision_score),
        'recall': scores(m.recall_score),
        'f1': scores(m.f1_score),
        'logLoss': np.mean([m.log_loss(y[:, j], p[:, j], labels=[0, 1]) for j in range(y.shape[1])]),
        'auc': np.mean([m.roc_auc_score(y[:, j], p[:, j]) for j in judged]),
        'meanAbsoluteError': m.mean_absolute_error(y, p),
    })


def numbers(name, y, p):
    add(name, 'numbers', p, y, {
        'meanAbsoluteError': m.mean_absolute_error(y, p),
        'rootMeanSquaredError': m.mean_squared_error(y, p, squared=False),
        'r2': m.r2_score(y, p),
    })


random = np.random.RandomState(3)
labels = random.randint(0, 4, 40)
classes('four classes', labels, softmax(random.randn(40, 4) + 2 * one_hot(labels, 4)))
rare = (random.rand(60) < 0.05).astype(int) * 2
classes('a rare class and an absent one', rare, softmax(2 * random.randn(60, 3)))
two = random.randint(0, 2, 30)
classes('two classes', two, softmax(random.randn(30, 2)))
sure = one_hot(np.array([0, 1, 2, 2, 1]), 3)
classes('certain, once wrongly', np.array([0, 1, 2, 2, 0]), sure)
classes('no difference', np.array([0, 1, 2, 0, 1, 2]), np.full((6, 3), 1 / 3))
three = random.randint(0, 3, 20)
classes('sigmoid outputs, whose rows do not sum to 1', three, 1 / (1 + np.exp(-random.randn(20, 3))))
yes = (random.rand(50, 1) < 0.1).astype(float)
questions('one question, few yes', yes, np.clip(yes * 0.4 + random.rand(50, 1) * 0.6, 0, 1))
several = (random.rand(30, 4) < [0.5, 0.2, 0.8, 0]).astype(float)
questions('four questions, one of them never yes', several, np.round(random.rand(30, 4), 1))
questions('all right', several[:, :3], several[:, :3] * 0.8 + 0.1)
y = random.randn(25, 1) * 3 + 7
numbers('one number', y, y + random.randn(25, 1))
y = np.column_stack([random.randn(20) + 2000, random.rand(20), np.full(20, 0.5), np.full(20, 0.25)])
p = y + random.randn(20, 4) / 5
p[:, 3] = 0.25
numbers('four numbers, two of them always the same', y, p)
json.dump(cases, sys.stdout, indent=1)
print()
