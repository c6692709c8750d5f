// The one route to Python: a JSON request to `genonb.bridge.handle` in a kernel, a JSON answer back.

import { Kernel } from '@jupyterlab/services';
import { JSONObject } from '@lumino/coreutils';

/** An answer always says `ok`; what went wrong stands in `error`. */
export type Answer = JSONObject & { ok: boolean; error?: string };

/** One expression that leaves no name behind in the user's namespace; `request` enters as a string literal, never as code. */
function expression(request: JSONObject): string {
  const text = JSON.stringify(JSON.stringify(request));
  const handle = `__import__("genonb.bridge", fromlist=["handle"]).handle(__import__("json").loads(${text}))`;
  return `__import__("IPython.display", fromlist=["JSON"]).JSON(${handle})`;
}

/**
 * Ask the kernel.
 *
 * Returns null when there is no one to answer within `patience` milliseconds: a kernel that is
 * busy, that is not Python, or that has no genonb.
 */
export async function ask(
  kernel: Kernel.IKernelConnection | null | undefined,
  request: JSONObject,
  patience = 5000
): Promise<Answer | null> {
  if (!kernel || kernel.status === 'busy') {
    return null;
  }
  const future = kernel.requestExecute({
    code: '',
    silent: true,
    store_history: false,
    allow_stdin: false,
    user_expressions: { answer: expression(request) }
  });
  const late = new Promise<null>(resolve => setTimeout(() => resolve(null), patience));
  const reply = await Promise.race([future.done, late]);
  future.dispose();
  const content = reply?.content as { user_expressions?: { answer?: { data?: JSONObject } } } | undefined;
  return (content?.user_expressions?.answer?.data?.['application/json'] as Answer) ?? null;
}
