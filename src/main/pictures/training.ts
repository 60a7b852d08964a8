// The picture of `train --plot`: the curves, and what suits the data beside them (a boundary, a
// confusion matrix, mistakes).

import type { DataSet } from '../data/data-set.js'
import type { Examples } from '../data/arrays.js'
import type { Trainer } from '../trainer.js'
import type { History } from '../training/history.js'
import { drawBoundary, gridInputs, planeAround } from './boundary.js'
import { classesOf } from './classes.js'
import { confusionMatrix, drawConfusion } from './confusion.js'
import { writePicture } from './file.js'
import { historyPanels } from './history.js'
import { drawMistakes, worstMistakes } from './mistakes.js'
import { stackPictures } from './stack.js'

/** What a training left behind. */
export interface TrainingResult {
  /** What the data set is called. */
  name: string
  /** The data set. */
  data: DataSet
  /** The examples that were trained on. */
  training: Examples
  /** The examples that were not, if there were such. */
  heldOut: Examples | undefined
  /** The figures of the epochs. */
  history: History
}

/**
 * Draws a training and writes the picture.
 *
 * @param path Where to.
 * @param trainer The trained network.
 * @param result What the training left behind.
 * @returns When it has been written.
 * @throws {InputError} on a path that is none for pictures.
 */
export async function plotTraining(
  path: string,
  trainer: Pick<Trainer, 'predict'>,
  result: TrainingResult,
): Promise<void> {
  await writePicture(path, await drawTraining(trainer, result))
}

/**
 * Draws cost and accuracy over the epochs; beside them, for a classifier with two inputs, its
 * decision boundary; for one of images, below, the confusion matrix and the worst mistakes on the
 * examples held out (on all, if none were).
 *
 * @param trainer The trained network.
 * @param result What the training left behind.
 * @returns An SVG document.
 */
export async function drawTraining(
  trainer: Pick<Trainer, 'predict'>,
  result: TrainingResult,
): Promise<string> {
  const { name, data, training, heldOut, history } = result
  const title = `shardgrad train ${name}`
  const curves = historyPanels(history)
  if (history.accuracy.length === 0)
    return stackPictures(
      curves.map((panel) => [panel]),
      title,
    )
  if (data.columns === 2)
    return stackPictures(
      [...curves.map((panel) => [panel]), [await boundaryOf(trainer, training)]],
      title,
    )
  if (data.image && data.outputs > 1)
    return stackPictures(
      [
        curves,
        await answersOf(trainer, data, data.image, heldOut ?? training, heldOut !== undefined),
      ],
      title,
    )
  return stackPictures(
    curves.map((panel) => [panel]),
    title,
  )
}

async function boundaryOf(trainer: Pick<Trainer, 'predict'>, examples: Examples): Promise<string> {
  const plane = planeAround(examples.inputs)
  const steps = 80
  const outputs = await trainer.predict(gridInputs(plane.minimum, plane.maximum, steps))
  return drawBoundary({ ...plane, steps, outputs, examples, title: 'Decision boundary' })
}

async function answersOf(
  trainer: Pick<Trainer, 'predict'>,
  { columns, outputs: classes, classes: names }: DataSet,
  image: { width: number; height: number },
  examples: Examples,
  heldOut: boolean,
): Promise<[confusion: string, mistakes: string]> {
  const outputs = await trainer.predict(examples.inputs)
  const count = outputs.length / classes
  const [truth, predicted] = [classesOf(examples.targets, count), classesOf(outputs, count)]
  const nameOf = (label: number): string => names?.[label] ?? String(label)
  const mistakes = worstMistakes(outputs, truth, predicted).map((row) => ({
    pixels: examples.inputs.subarray(row * columns, (row + 1) * columns),
    truth: nameOf(truth[row]!),
    predicted: nameOf(predicted[row]!),
    probability: outputs[row * classes + predicted[row]!]!,
  }))
  const wrong = truth.filter((label, row) => label !== predicted[row]).length
  const where = heldOut ? 'held out' : 'trained on'
  return [
    drawConfusion(
      confusionMatrix(truth, predicted, classes),
      Array.from({ length: classes }, (_, label) => nameOf(label)),
      `Confusion matrix, ${count} ${where}`,
    ),
    drawMistakes(
      mistakes,
      image,
      `Worst mistakes, ${mistakes.length} of ${wrong}: true → predicted`,
    ),
  ]
}
