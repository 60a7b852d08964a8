// The type of a data set: examples, and the recipe that suits them.

import type { PreprocessingStep } from '../../shared/formulas/preprocessing/steps.js'
import type { Examples } from './arrays.js'
import type { Parameters } from './parameters.js'
import type { Recipe } from './recipe.js'

/** Examples to train on, with what a network for them needs, and how to train it. */
export interface DataSet extends Examples {
  /** Columns of the inputs. */
  columns: number
  /** What a network for it multiplies the inputs by: its `scale`. */
  scale: number
  /** What a network for it does to every row after that: its `preprocessing`. */
  preprocessing?: PreprocessingStep[]
  /** Outputs that a network needs for it. */
  outputs: number
  /** The shape of the images, if a row of inputs is one: `height` rows of `width` pixels. */
  image?: {
    /** Pixels of a row. */
    width: number
    /** Rows. */
    height: number
  }
  /** What the classes are called, if not by their numbers. */
  classes?: string[]
  /** More examples, to test with. */
  test?: Examples
  /** How to train on it. */
  recipe: Recipe
  /** The parameters that a textbook's example of this data set starts with. */
  start?: Parameters
}
