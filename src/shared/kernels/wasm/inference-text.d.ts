/**
 * The compiled kernels of inference (assembly/inference.ts): deflated, in base64. The build writes
 * them.
 */
export const inferenceText: string
