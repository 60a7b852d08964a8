/**
 * Pictures: functions from what training gives to an SVG document, as text, and one that writes it
 * to a file.
 *
 * @module shardgrad/pictures
 */
export { drawBoundary, gridInputs, planeAround } from './boundary.js'
export type { Boundary } from './boundary.js'
export { confusionMatrix, drawConfusion } from './confusion.js'
export { checkPicturePath, writePicture } from './file.js'
export { drawHistory } from './history.js'
export type { DrawnHistory } from './history.js'
export { drawMistakes, worstMistakes } from './mistakes.js'
export type { Mistake } from './mistakes.js'
export { stackPictures } from './stack.js'
export { drawRateFinder, drawRates } from './rates.js'
export type { RateTrial } from './rates.js'
