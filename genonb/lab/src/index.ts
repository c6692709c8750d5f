// The plugs: what genonb adds to JupyterLab. The parts they drive lie in the files beside this one.

import { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { ILauncher } from '@jupyterlab/launcher';
import { INotebookTracker } from '@jupyterlab/notebook';
import { LabIcon } from '@jupyterlab/ui-components';

import svg from '../style/genonb.svg';
import { listenForStop, stopTraining } from './stop';
import { openTour } from './tour';
import { insertWalk } from './walk';
import { listenForWrite } from './write';

const category = 'genonb';
const icon = new LabIcon({ name: 'genonb:icon', svgstr: svg });

/** The launcher card: a fresh copy of the quickstart in the folder at hand. */
const tour: JupyterFrontEndPlugin<void> = {
  id: 'genonb:tour',
  description: 'Opens a copy of the genonb quickstart notebook.',
  autoStart: true,
  optional: [IDefaultFileBrowser, ILauncher, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    browser: IDefaultFileBrowser | null,
    launcher: ILauncher | null,
    palette: ICommandPalette | null
  ) => {
    const command = 'genonb:new-tour';
    app.commands.addCommand(command, {
      label: args => (args.isPalette ? 'Open the genonb Tour' : 'genonb tour'),
      caption: 'From data to an explained model: a copy of the quickstart notebook',
      icon: args => (args.isPalette ? undefined : icon),
      execute: args => openTour(app, (args.cwd as string) ?? browser?.model.path ?? '')
    });
    launcher?.add({ command, category, rank: 1 });
    palette?.addItem({ command, category, args: { isPalette: true } });
  }
};

/** "Stop Training", asked for in the palette or by the Stop button of a training monitor. */
const stop: JupyterFrontEndPlugin<void> = {
  id: 'genonb:stop',
  description: 'Stops the training of the current notebook.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ICommandPalette],
  activate: (app: JupyterFrontEnd, notebooks: INotebookTracker, palette: ICommandPalette | null) => {
    const command = 'genonb:stop-training';
    app.commands.addCommand(command, {
      label: 'Stop Training',
      caption: 'End the training of the current notebook; its best weights are kept',
      isEnabled: () => !!notebooks.currentWidget,
      execute: () => stopTraining(notebooks.currentWidget?.sessionContext.session?.kernel)
    });
    palette?.addItem({ command, category });
    notebooks.currentChanged.connect(() => app.commands.notifyCommandChanged(command));
    listenForStop(notebooks, app.serviceManager.kernels);
  }
};

/** The code that a widget stands for, written into a cell when its button is pressed. */
const write: JupyterFrontEndPlugin<void> = {
  id: 'genonb:write',
  description: 'Writes the code of a widget into a new cell.',
  autoStart: true,
  requires: [INotebookTracker],
  activate: (_: JupyterFrontEnd, notebooks: INotebookTracker) => listenForWrite(notebooks)
};

/** The five-line walk, written into a cell, so that the notebook stays the record. */
const walk: JupyterFrontEndPlugin<void> = {
  id: 'genonb:walk',
  description: 'Writes the five-line walk of a task into a new cell.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ICommandPalette],
  activate: (app: JupyterFrontEnd, notebooks: INotebookTracker, palette: ICommandPalette | null) => {
    const command = 'genonb:insert-walk';
    app.commands.addCommand(command, {
      label: 'Insert the Five-Line Walk of a Task',
      caption: 'Write task, data, fit, explain and report into a new cell below',
      isEnabled: () => !!notebooks.currentWidget,
      execute: args => insertWalk(notebooks.currentWidget, args.task as string | undefined)
    });
    palette?.addItem({ command, category });
    notebooks.currentChanged.connect(() => app.commands.notifyCommandChanged(command));
  }
};

export default [tour, stop, walk, write];
