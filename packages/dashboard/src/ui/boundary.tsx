import { Component, type ReactNode } from 'react';
import { Button } from './controls.tsx';
import { Icon } from './icons.tsx';

/**
 * Keeps a page that cannot be shown from taking the others along. Most often its script did not come: the server is not
 * there, or a newer version of it has other files.
 */
export class Boundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError = () => ({ failed: true });

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return (
      <div className="note bad" role="alert">
        <Icon name="alert" />
        <div>
          <strong>This page could not be loaded</strong>
          <p>Evergrant may be restarting, you may be offline, or there is a newer version of the dashboard.</p>
        </div>
        <Button icon="renew" onClick={() => window.location.reload()}>
          Load it again
        </Button>
      </div>
    );
  }
}
