// Code that a widget stands for, written below the cell that shows the widget; it is never run from here.

import { INotebookTracker, NotebookActions, NotebookPanel } from '@jupyterlab/notebook';

/** Characters that a cell takes at most. */
const LIMIT = 100000;

/** What a widget says with its `genonb:write` event. */
interface IWrite {
  code?: unknown;
}

/** Insert `code` as a new cell below the one around `target`, or below the current one. */
function insert(panel: NotebookPanel, target: Node, code: string): void {
  const at = panel.content.widgets.findIndex(cell => cell.node.contains(target));
  if (at >= 0) {
    panel.content.activeCellIndex = at;
  }
  NotebookActions.insertBelow(panel.content);
  panel.content.activeCell?.model.sharedModel.setSource(code);
}

/**
 * Let every `genonb:write` event of the page become a cell of the notebook in which it arose; `preventDefault`
 * tells the sender that it was written. A widget in a view of its own writes into the notebook at hand.
 */
export function listenForWrite(notebooks: INotebookTracker): void {
  document.addEventListener('genonb:write', event => {
    const code = (event as CustomEvent<IWrite | null>).detail?.code;
    const target = event.target as Node;
    const panel = notebooks.find(panel => panel.node.contains(target)) ?? notebooks.currentWidget;
    if (typeof code === 'string' && code.length <= LIMIT && panel && !panel.content.model?.readOnly) {
      event.preventDefault();
      insert(panel, target, code);
    }
  });
}
