// The tour: the quickstart that lies beside this extension, copied without its outputs.

import { JupyterFrontEnd } from '@jupyterlab/application';
import { showErrorMessage } from '@jupyterlab/apputils';
import { PageConfig, PathExt, URLExt } from '@jupyterlab/coreutils';
import { ICodeCell, INotebookContent, isCode } from '@jupyterlab/nbformat';
import { Contents } from '@jupyterlab/services';

const STEM = 'genonb-quickstart';

/** The package lays the notebook beside this extension, where JupyterLab serves it: no kernel has to start for it. */
async function quickstart(): Promise<INotebookContent> {
  const url = URLExt.join(PageConfig.getOption('fullLabextensionsUrl'), 'genonb', 'quickstart.ipynb');
  const response = await fetch(url);
  if (!response.ok) {
    throw new Error(`The quickstart is not at ${url} (${response.status}). Install genonb again with pip.`);
  }
  return cleared(await response.json());
}

/** A copied notebook is not trusted, so its stored outputs would show in part only: leave them to the reader's own run. */
function cleared(notebook: INotebookContent): INotebookContent {
  delete notebook.metadata.widgets;
  for (const cell of notebook.cells.filter(isCode) as ICodeCell[]) {
    cell.outputs = [];
    cell.execution_count = null;
  }
  return notebook;
}

/** The first of `genonb-quickstart.ipynb`, `genonb-quickstart-1.ipynb` ... that `folder` does not hold. */
async function freePath(contents: Contents.IManager, folder: string): Promise<string> {
  const taken = new Set(((await contents.get(folder)).content as Contents.IModel[]).map(item => item.name));
  let name = `${STEM}.ipynb`;
  for (let n = 1; taken.has(name); n++) {
    name = `${STEM}-${n}.ipynb`;
  }
  return PathExt.join(folder, name);
}

/** Copy the quickstart into `folder` and open it; an existing copy is never touched. */
export async function openTour(app: JupyterFrontEnd, folder: string): Promise<void> {
  const { contents } = app.serviceManager;
  try {
    const content = await quickstart();
    const path = await freePath(contents, folder);
    await contents.save(path, { type: 'notebook', format: 'json', content });
    await app.commands.execute('docmanager:open', { path, factory: 'Notebook' });
  } catch (error) {
    await showErrorMessage('The genonb tour could not be opened', error as Error);
  }
}
