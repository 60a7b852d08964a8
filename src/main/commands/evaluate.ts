// `shardgrad evaluate`: cost, accuracy and other metrics of a model on a data set.

import { InputError, shorten } from '../../shared/errors.js'
import type { MetricName } from '../../shared/figures/metrics.js'
import { outputLayer } from '../../shared/model/network.js'
import { createTrainer } from '../create-trainer.js'
import { checkTrainerDocument } from '../files/trainer-document-schema.js'
import { loadModel } from '../inference/node/load-model.js'
import { loadDataFor } from './model-data.js'
import { counted, describeCosts, describeMetric, printJson } from './report.js'
import { print } from './status-line.js'

export interface EvaluateOptions {
  metrics?: MetricName[]
  topK?: number
  json?: boolean
}

/**
 * Evaluates and reports.
 *
 * @param signal Ends it.
 * @throws {FileError} of a file that is no model.
 * @throws {InputError} if the model's file doesn't say its loss, or the data doesn't fit it.
 */
export async function evaluate(
  file: string,
  name: string,
  { metrics, topK, json }: EvaluateOptions,
  signal: AbortSignal,
): Promise<void> {
  const { document, network, getParameters } = await loadModel(file)
  if (!document?.trainer)
    throw new InputError(
      shorten(file),
      'a model that says how it was trained, since evaluating needs its loss',
      'one that does not',
    )
  const { loss } = checkTrainerDocument(file, document)
  const { examples, outputs, what } = await loadDataFor(network, file, name)
  const { units } = outputLayer(network)
  if (outputs !== units)
    throw new InputError(
      shorten(name),
      `targets for ${counted(units, 'output')}, as many as ${shorten(file)} has`,
      String(outputs),
    )
  signal.throwIfAborted()
  await using trainer = await createTrainer({ network, loss })
  trainer.setParameters(getParameters())
  const figures = await trainer.evaluate(examples, { metrics, topK })
  signal.throwIfAborted()
  if (json) {
    printJson({ event: 'evaluation', model: file, data: name, loss, ...figures })
    return
  }
  print(`${file} on ${what} of ${name}`)
  print(describeCosts(figures))
  for (const [name, value] of Object.entries(figures))
    if (!['cost', 'accuracy', 'examples'].includes(name))
      for (const line of describeMetric(name, value)) print(line)
}
