//! The life of a request: through the lists in Go's order, to a reply or an error.

use super::{Progress, Request, Response};
use crate::error::{Error, Result, Status};
use crate::handlers::Stage;
use crate::text::Text;

impl Request {
    /// Sends the request and gives the reply, its body not read yet where the operation has one for the caller.
    pub fn send(&mut self) -> Result<Response> {
        self.start()?;
        let result = self.attempts();
        self.progress = Progress::Sent;
        // Whatever COMPLETE leaves as an error is its own business, as in Go.
        self.run(Stage::Complete);
        self.running = false;
        result?;
        self.response.take().ok_or_else(|| {
            Error::new(
                Status::Handler,
                "MissingResponse",
                "no handler of SEND has sent the request",
            )
        })
    }

    /// A URL with which anyone can make this request for `seconds`.
    pub fn presign(&mut self, seconds: u32) -> Result<Text> {
        self.start()?;
        self.presign_seconds = Some(seconds);
        let result = self.build().and_then(|()| self.sign());
        self.presign_seconds = None;
        self.running = false;
        result?;
        self.presigned_url.take().ok_or_else(|| {
            Error::new(
                Status::Handler,
                "MissingSignature",
                "no handler of SIGN has signed the request",
            )
        })
    }

    fn start(&mut self) -> Result<()> {
        let wrong = |message| Err(Error::new(Status::InvalidState, "InvalidState", message));
        if self.running {
            return wrong(
                "the request is being sent or presigned; a handler must not do that again",
            );
        }
        if self.progress == Progress::Sent {
            return wrong("the request was sent already; make a new one");
        }
        self.running = true;
        Ok(())
    }

    /// Keeps the URL that a signer made.
    pub fn set_presigned_url(&mut self, url: Text) {
        self.presigned_url = Some(url);
    }

    /// Takes a reply over, as a handler of SEND does.
    pub fn set_response(&mut self, response: Response) {
        self.response = Some(response);
    }

    fn attempts(&mut self) -> Result<()> {
        if let Some(error) = self.error.clone() {
            return Err(error);
        }
        self.build()?;
        loop {
            self.error = None;
            self.attempted_at = self.client.configuration().now();
            self.sign()?;
            self.attempt();
            if self.error.is_none() {
                self.client.retries().release(self.retry_cost);
                return Ok(());
            }
            self.run(Stage::Retry);
            self.run(Stage::AfterRetry);
            // AFTER_RETRY takes the error away where another attempt is to be made.
            if let Some(error) = self.error.clone() {
                return Err(error);
            }
        }
    }

    fn build(&mut self) -> Result<()> {
        if self.progress != Progress::New {
            return Ok(());
        }
        for stage in [Stage::Validate, Stage::Build] {
            self.run(stage);
            self.fail_on_error()?;
        }
        self.progress = Progress::Built;
        Ok(())
    }

    fn sign(&mut self) -> Result<()> {
        self.run(Stage::Sign);
        self.fail_on_error()
    }

    /// One attempt, from SEND to COMPLETE_ATTEMPT.
    fn attempt(&mut self) {
        self.retryable = None;
        self.response = None;
        self.run(Stage::Send);
        if self.error.is_none() || self.response.is_some() {
            self.run(Stage::UnmarshalMeta);
            self.run(Stage::ValidateResponse);
            let stage = if self.error.is_some() {
                Stage::UnmarshalError
            } else {
                Stage::Unmarshal
            };
            self.run(stage);
        }
        self.run(Stage::CompleteAttempt);
    }

    fn fail_on_error(&self) -> Result<()> {
        self.error.clone().map_or(Ok(()), Err)
    }
}
