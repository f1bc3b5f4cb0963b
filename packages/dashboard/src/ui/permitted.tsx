import type { ReactNode } from 'react';
import { type Need, useMeets, useSignOut } from '../session.tsx';
import { Button } from './controls.tsx';
import { Empty } from './states.tsx';

/** Shows a page to those whose key opens it, and to the others why theirs does not. */
export const Permitted = ({ needs, children }: { needs: Need; children: ReactNode }) => {
  const signOut = useSignOut();
  if (useMeets(needs)) return children;
  return (
    <Empty title="Your key does not open this page">
      <p>
        {needs === 'operator' ? (
          <>
            It takes a key with the permission <code>admin</code> that is bound to no owner.
          </>
        ) : (
          <>
            It takes a key with the permission <code>{needs}</code>.
          </>
        )}
      </p>
      <Button icon="out" onClick={() => void signOut()}>
        Sign in with another key
      </Button>
    </Empty>
  );
};
