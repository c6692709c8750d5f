// Stopping: a blocking cell is interrupted, a run in the background is told through the bridge.

import { Notification } from '@jupyterlab/apputils';
import { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { Kernel } from '@jupyterlab/services';

import { ask } from './bridge';

/** What a training monitor says with its `genonb:stop` event; either name may be missing. */
interface IStop {
  kernel_id?: string;
  comm_id?: string;
}

/** A widget reads `document.body.dataset.genonbLab`: "1" means that this page hears `genonb:stop`. */
const PROTOCOL = '1';

type Found = Kernel.IKernelConnection | null | undefined;

const kernelIn = (panel: NotebookPanel): Found => panel.sessionContext.session?.kernel;

/**
 * The kernel meant by `event`: the one that holds the comm, else the one of that id, else that of
 * the notebook in which the event arose. Never a guess, so that no other work is interrupted.
 */
function kernelOf(event: CustomEvent<IStop | null>, notebooks: INotebookTracker, kernels: Kernel.IManager): Found {
  const { comm_id, kernel_id } = event.detail ?? {};
  const panel = notebooks.find(panel => {
    const kernel = kernelIn(panel);
    if (comm_id && kernel?.hasComm?.(comm_id)) {
      return true;
    }
    return kernel_id ? kernel?.id === kernel_id : panel.node.contains(event.target as Node);
  });
  if (panel) {
    return kernelIn(panel);
  }
  const model = [...kernels.running()].find(({ id }) => id === kernel_id);
  return model && kernels.connectTo({ model });
}

async function interrupt(kernel: Kernel.IKernelConnection): Promise<void> {
  try {
    await kernel.interrupt();
  } catch (error) {
    Notification.error(`The kernel could not be interrupted: ${error}`);
  }
}

/** Let every `genonb:stop` event of the page interrupt its kernel; `preventDefault` tells the sender that it was heard. */
export function listenForStop(notebooks: INotebookTracker, kernels: Kernel.IManager): void {
  document.addEventListener('genonb:stop', event => {
    const kernel = kernelOf(event as CustomEvent<IStop | null>, notebooks, kernels);
    if (kernel) {
      event.preventDefault();
      void interrupt(kernel);
    }
  });
  document.body.dataset.genonbLab = PROTOCOL;
}

/** Interrupt a busy kernel; ask an idle one to stop the runs that train in its background. */
export async function stopTraining(kernel: Found): Promise<void> {
  if (kernel?.status === 'busy') {
    return interrupt(kernel);
  }
  const stopped = (await ask(kernel, { verb: 'stop' }))?.stopped;
  const message = stopped ? `Stopping ${stopped} ${stopped === 1 ? 'run' : 'runs'}.` : 'Nothing is training in this notebook.';
  Notification.info(message, { autoClose: 4000 });
}
